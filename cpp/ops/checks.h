#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "graph/op.h"

// What infer functions ask of their inputs and attributes, with the same words everywhere.
namespace lamina {

inline void require_inputs(const NodeInfo& info, size_t count) {
  require(info.inputs.size() == count, info.op, ": expected ", count, count == 1 ? " input" : " inputs", ", received ",
          info.inputs.size());
}

// `holds` is what the dtype of input `i` was asked to be, in words: "floating-point", "integer", "bool".
inline void require_dtype(const NodeInfo& info, size_t i, bool holds, const char* words) {
  if (!holds) fail_type(info.op, ": expected ", words, " input ", i, ", received ", to_string(info.inputs[i]));
}

inline void require_float(const NodeInfo& info, size_t i) {
  require_dtype(info, i, is_float(info.inputs[i].dtype), "floating-point");
}

inline void require_integer(const NodeInfo& info, size_t i) {
  const DType dtype = info.inputs[i].dtype;
  require_dtype(info, i, dtype == DType::kInt32 || dtype == DType::kInt64, "int32 or int64");
}

inline void require_same_dtype(const NodeInfo& info, size_t i, size_t j) {
  if (info.inputs[i].dtype != info.inputs[j].dtype) {
    fail_type(info.op, ": inputs ", i, " and ", j, " must have the same dtype, received ", to_string(info.inputs[i]),
              " and ", to_string(info.inputs[j]), "; cast one of them");
  }
}

// The axis attribute `name` of input `i`, counted from 0; a missing one is `fallback`.
inline int64_t axis_of(const NodeInfo& info, size_t i, int64_t fallback, const char* name = "axis") {
  const int64_t rank = info.inputs[i].rank();
  return normalize_axis(info.attr().integer(name, fallback), rank, info.op);
}

// The axes attribute, counted from 0, sorted, each at most once; none given means all of them.
inline std::vector<int64_t> axes_of(const NodeInfo& info, size_t i) {
  const int64_t rank = info.inputs[i].rank();
  std::vector<int64_t> axes = info.attr().integers("axes");
  if (axes.empty()) {
    for (int64_t axis = 0; axis < rank; ++axis) axes.push_back(axis);
  }
  for (int64_t& axis : axes) axis = normalize_axis(axis, rank, info.op);
  std::sort(axes.begin(), axes.end());
  const auto twice = std::adjacent_find(axes.begin(), axes.end());
  if (twice != axes.end()) fail(info.op, ": axis ", *twice, " was given twice");
  return axes;
}

// Estimated time to stream so many bytes of second-level cache through one core.
inline double streaming_ns(int64_t bytes) {
  return 0.012 * static_cast<double>(bytes);
}

inline double io_ns(const NodeInfo& info) {
  int64_t bytes = 0;
  for (const TensorType& type : info.inputs) bytes += type.bytes();
  for (const TensorType& type : info.outputs) bytes += type.bytes();
  return streaming_ns(bytes);
}

// The same and so much for each element of the output.
inline double io_ns(const NodeInfo& info, double per_output) {
  return io_ns(info) + per_output * static_cast<double>(info.outputs[0].size());
}

}  // namespace lamina
