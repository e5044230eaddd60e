#pragma once

#include <optional>
#include <vector>

#include "ops/checks.h"

// How ops make rows of their results from rows of their inputs: the values of Op::on_rows that several share.
namespace lamina::rows {

// Element by element; what is not cut has no axis of rows, or one row for all.
inline std::optional<Attributes> broadcast(const NodeInfo& info, const std::vector<bool>& cut, int64_t) {
  const int64_t rank = info.outputs[0].rank();
  for (size_t i = 0; i < info.inputs.size(); ++i) {
    const TensorType& x = info.inputs[i];
    if (cut[i] ? x.rank() != rank : x.rank() == rank && x.shape[0] != 1) return std::nullopt;
  }
  return info.attr();
}

// Each row of input 0 by itself, with all of the other inputs.
inline std::optional<Attributes> of_first(const NodeInfo& info, const std::vector<bool>& cut, int64_t) {
  for (size_t i = 0; i < cut.size(); ++i) {
    if (cut[i] != (i == 0)) return std::nullopt;
  }
  return info.attr();
}

// Along an axis, but not along the rows.
inline std::optional<Attributes> along_axis(const NodeInfo& info, const std::vector<bool>&, int64_t) {
  if (axis_of(info, 0, -1) == 0) return std::nullopt;
  return info.attr();
}

// The attributes with another first element of a list, such as the shape of the result.
inline Attributes with_first(const NodeInfo& info, const char* name, int64_t first) {
  Attributes attributes = info.attr();
  std::vector<int64_t> list = attributes.integers(name);
  list[0] = first;
  attributes.set(name, std::move(list));
  return attributes;
}

}  // namespace lamina::rows
