#include "graph/attributes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <type_traits>

#include "core/error.h"

namespace lamina {
namespace {

std::string describe(const Attribute& value) {
  static constexpr std::array<const char*, 7> kKinds = {"a flag",   "an integer", "a number", "a text",
                                                        "integers", "numbers",    "functions"};
  return kKinds[value.index()];
}

const Attribute* find(const std::map<std::string, Attribute>& items, const std::string& name) {
  const auto found = items.find(name);
  return found == items.end() ? nullptr : &found->second;
}

[[noreturn]] void fail_kind(const std::string& name, const char* expected, const Attribute& value) {
  fail_type("attribute '", name, "': expected ", expected, ", received ", describe(value));
}

// The number in `value`, whatever kind of scalar it came as.
std::optional<double> as_number(const Attribute& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1.0 : 0.0;
  return std::nullopt;
}

// An integer, or a floating-point number that holds one.
std::optional<int64_t> as_integer(const Attribute& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
  const auto number = as_number(value);
  if (!number || std::abs(*number) >= 0x1p63 || *number != std::trunc(*number)) return std::nullopt;
  return static_cast<int64_t>(*number);
}

const Attribute& find_required(const std::map<std::string, Attribute>& items, const std::string& name) {
  const Attribute* value = find(items, name);
  if (!value) fail("attribute '", name, "' is required and was not given");
  return *value;
}

// A list as elements of T; a scalar counts as a list of one.
template <typename T, typename Convert>
std::vector<T> as_list(const Attribute* value, const std::string& name, const char* expected, Convert convert) {
  std::vector<T> result;
  const auto append = [&](const Attribute& item) {
    const auto converted = convert(item);
    if (!converted) fail_kind(name, expected, *value);
    result.push_back(*converted);
  };
  if (!value) return result;
  if (const auto* whole = std::get_if<std::vector<int64_t>>(value)) {
    for (const int64_t item : *whole) append(item);
  } else if (const auto* real = std::get_if<std::vector<double>>(value)) {
    for (const double item : *real) append(item);
  } else {
    append(*value);
  }
  return result;
}

template <typename T>
void append_bytes(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
void append(std::string& key, const T& value) {
  if constexpr (std::is_arithmetic_v<T>) {
    append_bytes(key, value);
  } else {
    append_bytes(key, value.size());
    for (const auto& item : value) {
      if constexpr (std::is_same_v<T, Functions>) {
        append_bytes(key, item.get());
      } else {
        append_bytes(key, item);
      }
    }
  }
}

}  // namespace

bool Attributes::flag(const std::string& name, bool fallback) const {
  const Attribute* value = find(items_, name);
  if (!value) return fallback;
  const auto number = as_number(*value);
  if (!number) fail_kind(name, "a flag", *value);
  return *number != 0;
}

int64_t Attributes::integer(const std::string& name) const {
  const Attribute& value = find_required(items_, name);
  const auto whole = as_integer(value);
  if (!whole) fail_kind(name, "an integer", value);
  return *whole;
}

int64_t Attributes::integer(const std::string& name, int64_t fallback) const {
  return has(name) ? integer(name) : fallback;
}

double Attributes::number(const std::string& name) const {
  const Attribute& value = find_required(items_, name);
  const auto number = as_number(value);
  if (!number) fail_kind(name, "a number", value);
  return *number;
}

double Attributes::number(const std::string& name, double fallback) const {
  return has(name) ? number(name) : fallback;
}

std::string Attributes::text(const std::string& name, const std::string& fallback) const {
  const Attribute* value = find(items_, name);
  if (!value) return fallback;
  const auto* text = std::get_if<std::string>(value);
  if (!text) fail_kind(name, "a text", *value);
  return *text;
}

std::vector<int64_t> Attributes::integers(const std::string& name) const {
  return as_list<int64_t>(find(items_, name), name, "integers", as_integer);
}

const Functions& Attributes::functions(const std::string& name) const {
  const Attribute& value = find_required(items_, name);
  const auto* functions = std::get_if<Functions>(&value);
  if (!functions) fail_kind(name, "functions", value);
  return *functions;
}

bool Attributes::holds_functions() const {
  return std::any_of(items_.begin(), items_.end(),
                     [](const auto& item) { return std::holds_alternative<Functions>(item.second); });
}

std::string Attributes::key() const {
  std::string key;
  for (const auto& [name, value] : items_) {
    append(key, name);
    append_bytes(key, value.index());
    std::visit([&](const auto& held) { append(key, held); }, value);
  }
  return key;
}

std::vector<double> Attributes::numbers(const std::string& name) const {
  return as_list<double>(find(items_, name), name, "numbers", as_number);
}

}  // namespace lamina
