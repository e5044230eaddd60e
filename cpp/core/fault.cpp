#include "core/fault.h"

namespace lamina {

void Fault::report(ErrorKind kind, std::string message, int64_t position) {
  if (found()) return;
  kind_ = kind;
  message_ = std::move(message);
  position_ = position;
  found_ = true;
}

void Fault::raise(int64_t rows, const std::function<int64_t(int64_t)>& row_number) const {
  if (position_ < 0 || shape_.empty()) throw Error(kind_, message_);
  std::string index;
  int64_t rest = position_;
  for (size_t axis = shape_.size(); axis-- > 0; rest /= shape_[axis]) {
    const int64_t i = rest % shape_[axis];
    const bool row = axis == 0 && shape_[0] == rows && row_number;
    index = std::to_string(row ? row_number(i) : i) + (index.empty() ? "" : ", ") + index;
  }
  throw Error(kind_, message_ + " at [" + index + "]");
}

}  // namespace lamina
