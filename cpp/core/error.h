#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace lamina {

// What went wrong, in the terms of the language that will report it.
enum class ErrorKind { kValue, kType, kInterrupt };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <typename... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(ErrorKind::kValue, concat(parts...));
}

template <typename... Parts>
[[noreturn]] void fail_type(const Parts&... parts) {
  throw Error(ErrorKind::kType, concat(parts...));
}

// The message is put together only when the check fails.
template <typename... Parts>
void require(bool holds, const Parts&... parts) {
  if (!holds) fail(parts...);
}

}  // namespace lamina
