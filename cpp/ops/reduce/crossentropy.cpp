#include "ops/reduce/crossentropy.h"

#include "kernels/dispatch.h"
#include "ops/register.h"

// Cross-entropy of softmax(logits) along the last axis, with labels or with targets, straight from the logits.
namespace lamina {
namespace {

using namespace crossentropy;

// --- sparse_softmax_crossentropy(logits, labels) ---------------------------------------------------------------------

std::vector<TensorType> infer_sparse_loss(const NodeInfo& info) {
  return {infer_sparse_rows(info, 2)};
}

std::vector<TensorType> infer_sparse_grad(const NodeInfo& info) {
  infer_sparse_rows(info, 3);
  return {info.inputs[0]};
}

StepKernel prepare_sparse_loss(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype,
                     [&](auto item) { return loss_step(info, kernels().crossentropy.of(item).sparse_of_logits); });
}

StepKernel prepare_sparse_grad(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    return gradient_step(info, kernels().crossentropy.of(item).sparse_of_logits_grad);
  });
}

std::vector<Value> grad_sparse_loss(const GradContext& c) {
  return {c.graph.add("sparse_softmax_crossentropy_grad", {c.x[0], c.x[1], c.dy[0]}), Value{}};
}

// Of p (softmax(x) - one_hot), with d coming in: p times softmax's gradient for d; sum(d (softmax(x) - one_hot)).
std::vector<Value> grad_sparse_grad(const GradContext& c) {
  Graph& g = c.graph;
  const Value x = c.x[0], labels = c.x[1], p = c.x[2], d = c.dy[0];
  const Value along = g.add("softmax_grad", {g.add("softmax", {x}), d});
  const Value error = g.add("sparse_softmax_crossentropy_grad", {x, labels, ones_like(g, p)});
  return {emit::multiply(g, along, as_column(g, p)), Value{}, sum_last(g, emit::multiply(g, d, error), false)};
}

// --- softmax_crossentropy(logits, targets) ---------------------------------------------------------------------------

std::vector<TensorType> infer_loss(const NodeInfo& info) {
  return {infer_dense_rows(info, 2)};
}

std::vector<TensorType> infer_loss_grad(const NodeInfo& info) {
  infer_dense_rows(info, 3);
  return {info.inputs[0]};
}

StepKernel prepare_loss(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype,
                     [&](auto item) { return loss_step(info, kernels().crossentropy.of(item).of_logits); });
}

StepKernel prepare_loss_grad(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype,
                     [&](auto item) { return gradient_step(info, kernels().crossentropy.of(item).of_logits_grad); });
}

// -p log_softmax(x) for the targets.
std::vector<Value> grad_loss(const GradContext& c) {
  Graph& g = c.graph;
  const Value log_p = g.add("log_softmax", {c.x[0]});
  return {g.add("softmax_crossentropy_grad", {c.x[0], c.x[1], c.dy[0]}),
          emit::negate(g, emit::multiply(g, log_p, as_column(g, c.dy[0])))};
}

// Of p (s sum(t) - t), s = softmax(x), with d coming in: p sum(t) times softmax's gradient for d; p (sum(s d) - d); and
// sum(d (s sum(t) - t)).
std::vector<Value> grad_loss_grad(const GradContext& c) {
  Graph& g = c.graph;
  const Value x = c.x[0], t = c.x[1], p = as_column(g, c.x[2]), d = c.dy[0];
  const Value s = g.add("softmax", {x});
  const Value dx = emit::multiply(g, g.add("softmax_grad", {s, d}), emit::multiply(g, p, sum_last(g, t, true)));
  const Value dt = emit::multiply(g, p, emit::subtract(g, sum_last(g, emit::multiply(g, s, d), true), d));
  const Value error = g.add("softmax_crossentropy_grad", {x, t, ones_like(g, c.x[2])});
  return {dx, dt, sum_last(g, emit::multiply(g, d, error), false)};
}

}  // namespace

void register_crossentropy_ops() {
  register_op({"sparse_softmax_crossentropy", infer_sparse_loss, prepare_sparse_loss, grad_sparse_loss});
  register_op({"sparse_softmax_crossentropy_grad", infer_sparse_grad, prepare_sparse_grad, grad_sparse_grad, true});
  register_op({"softmax_crossentropy", infer_loss, prepare_loss, grad_loss});
  register_op({"softmax_crossentropy_grad", infer_loss_grad, prepare_loss_grad, grad_loss_grad, true});
}

}  // namespace lamina
