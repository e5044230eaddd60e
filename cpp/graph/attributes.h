#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace lamina {

struct Function;  // graph/function.h
using Functions = std::vector<std::shared_ptr<const Function>>;

using Attribute =
    std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>, Functions>;

// The static arguments of a node. Missing names fall back to the default that the reader gives.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Attribute>> items) : items_(items) {}

  bool has(const std::string& name) const { return items_.contains(name); }
  void set(const std::string& name, Attribute value) { items_[name] = std::move(value); }

  bool flag(const std::string& name, bool fallback = false) const;
  int64_t integer(const std::string& name) const;
  int64_t integer(const std::string& name, int64_t fallback) const;
  double number(const std::string& name) const;
  double number(const std::string& name, double fallback) const;
  std::string text(const std::string& name, const std::string& fallback) const;
  std::vector<int64_t> integers(const std::string& name) const;  // empty where missing
  std::vector<double> numbers(const std::string& name) const;    // empty where missing
  const Functions& functions(const std::string& name) const;
  bool holds_functions() const;

  // Bytes that are alike for the same items only, bit by bit: NaN is the same as itself, 0 is not -0.
  std::string key() const;

  const std::map<std::string, Attribute>& items() const { return items_; }

 private:
  std::map<std::string, Attribute> items_;
};

}  // namespace lamina
