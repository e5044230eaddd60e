#include "graph/graph.h"

namespace lamina::emit {

Value add(Graph& g, Value a, Value b) {
  return g.add("add", {a, b});
}
Value subtract(Graph& g, Value a, Value b) {
  return g.add("subtract", {a, b});
}
Value multiply(Graph& g, Value a, Value b) {
  return g.add("multiply", {a, b});
}
Value divide(Graph& g, Value a, Value b) {
  return g.add("divide", {a, b});
}
Value negate(Graph& g, Value a) {
  return g.add("negative", {a});
}
Value scale(Graph& g, Value a, double factor) {
  return multiply(g, a, g.scalar(g.type(a).dtype, factor));
}

Value sum_to(Graph& g, Value dy, const Shape& shape) {
  const Shape from = g.type(dy).shape;
  const size_t extra = from.size() - shape.size();
  std::vector<int64_t> axes;
  for (size_t i = 0; i < from.size(); ++i) {
    if (i < extra || (shape[i - extra] == 1 && from[i] != 1)) axes.push_back(static_cast<int64_t>(i));
  }
  if (!axes.empty()) dy = g.add("sum", {dy}, {{"axes", axes}, {"keepdims", true}});
  return reshape(g, dy, shape);
}

Value reshape(Graph& g, Value a, const Shape& shape) {
  return g.type(a).shape == shape ? a : g.add("reshape", {a}, {{"shape", shape}});
}

Value broadcast_to(Graph& g, Value a, const Shape& shape) {
  return g.type(a).shape == shape ? a : g.add("broadcast_to", {a}, {{"shape", shape}});
}

Value cast(Graph& g, Value a, DType dtype) {
  return g.type(a).dtype == dtype ? a : g.add("cast", {a}, {{"dtype", std::string(dtype_name(dtype))}});
}

Value zeros(Graph& g, const TensorType& type) {
  return broadcast_to(g, g.scalar(type.dtype, 0), type.shape);
}

}  // namespace lamina::emit
