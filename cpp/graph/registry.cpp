#include "graph/registry.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "graph/op.h"

namespace lamina {

namespace {

std::map<std::string, Op>& table() {
  static std::map<std::string, Op> ops;
  return ops;
}

const std::map<std::string, Op>& registered() {
  static std::once_flag once;
  std::call_once(once, register_all_ops);
  return table();
}

// Levenshtein's distance, for the name a user may have meant.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

void register_op(const Op& op) {
  table().insert_or_assign(op.name, op);
}

const Op& find_op(const std::string& name) {
  const auto& ops = registered();
  if (const auto found = ops.find(name); found != ops.end()) return found->second;
  const auto nearest = std::min_element(ops.begin(), ops.end(), [&](const auto& a, const auto& b) {
    return edit_distance(name, a.first) < edit_distance(name, b.first);
  });
  fail("unknown op '", name, "'; the nearest known name is '", nearest->first, "'");
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const auto& [name, op] : registered()) names.push_back(name);
  return names;
}

}  // namespace lamina
