#include "graph/eager.h"

#include <map>
#include <type_traits>

namespace lamina {

namespace {

constexpr size_t kMostPlans = 1024;
std::mutex g_mutex;
std::map<std::string, std::shared_ptr<Plan>> g_plans;

template <typename T>
void append(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append_attribute(std::string& key, const Attribute& attribute) {
  std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_arithmetic_v<T>) {
          append(key, value);
        } else if constexpr (std::is_same_v<T, std::string>) {
          append(key, value.size());
          key += value;
        } else if constexpr (!std::is_same_v<T, Functions>) {
          append(key, value.size());
          for (const auto item : value) append(key, item);
        }
      },
      attribute);
}

std::string key_of(const std::string& op, const std::vector<TensorType>& inputs, const Attributes& attributes) {
  std::string key = op;
  for (const TensorType& type : inputs) {
    append(key, type.dtype);
    append(key, type.shape.size());
    for (const int64_t dim : type.shape) append(key, dim);
  }
  for (const auto& [name, attribute] : attributes.items()) {
    key += name;
    append(key, attribute.index());
    append_attribute(key, attribute);
  }
  return key;
}

}  // namespace

std::shared_ptr<Plan> eager_plan(const std::string& op, const std::vector<TensorType>& inputs,
                                 const Attributes& attributes) {
  const auto compile = [&] {
    Graph graph;
    std::vector<Value> values;
    for (const TensorType& type : inputs) values.push_back(graph.input(type));
    return std::make_shared<Plan>(graph, graph.apply(op, values, attributes));
  };
  if (attributes.holds_functions()) return compile();  // which are the same only if they are one object
  const std::string key = key_of(op, inputs, attributes);
  {
    const std::lock_guard guard(g_mutex);
    if (const auto found = g_plans.find(key); found != g_plans.end()) return found->second;
  }
  auto plan = compile();
  const std::lock_guard guard(g_mutex);
  if (g_plans.size() >= kMostPlans) g_plans.clear();
  return g_plans.emplace(key, std::move(plan)).first->second;
}

void clear_eager_plans() {
  const std::lock_guard guard(g_mutex);
  g_plans.clear();
}

}  // namespace lamina
