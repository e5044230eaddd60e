#include "kernels/dispatch.h"
#include "ops/reduce/crossentropy.h"
#include "ops/register.h"

// Cross-entropy of probabilities along the last axis, with labels or with targets. They are scaled to a sum of 1 and
// clipped to [epsilon, 1 - epsilon], as Keras does, so that what was clipped has no gradient.
namespace lamina {
namespace {

using namespace crossentropy;

double epsilon_of(const NodeInfo& info) {
  const double epsilon = info.attr().number("epsilon");
  require(epsilon >= 0 && epsilon < 0.5, info.op, ": 'epsilon' must lie in [0, 0.5), received ", epsilon);
  return epsilon;
}

// --- with labels -----------------------------------------------------------------------------------------------------

TensorType infer_labelled(const NodeInfo& info, size_t inputs) {
  epsilon_of(info);
  return infer_sparse_rows(info, inputs);
}

StepKernel prepare_sparse(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    return loss_step(info, kernels().crossentropy.of(item).sparse, epsilon_of(info));
  });
}

StepKernel prepare_sparse_grad(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    return gradient_step(info, kernels().crossentropy.of(item).sparse_grad, epsilon_of(info));
  });
}

// --- with targets ----------------------------------------------------------------------------------------------------

StepKernel prepare_dense(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    return loss_step(info, kernels().crossentropy.of(item).dense, epsilon_of(info));
  });
}

StepKernel prepare_dense_grad(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) {
    return gradient_step(info, kernels().crossentropy.of(item).dense_grad, epsilon_of(info));
  });
}

// --- gradients -------------------------------------------------------------------------------------------------------

// log q of probabilities p along the last axis.
Value plain_log(Graph& g, Value p, const Attributes& attr) {
  const double epsilon = attr.number("epsilon");
  const Value q = emit::divide(g, p, sum_last(g, p, true));
  return g.add("log", {g.add("clip", {q}, {{"min", epsilon}, {"max", 1 - epsilon}})});
}

// The loss in elementary operations, which gradients of gradients go through.
Value plain_loss(Graph& g, Value p, Value target, const Attributes& attr) {
  Value log_q = plain_log(g, p, attr);
  if (g.type(target).dtype == DType::kInt32) {
    log_q = g.add("take_along_axis", {log_q, as_column(g, target)}, {{"axis", int64_t{-1}}});
  } else {
    log_q = emit::multiply(g, target, log_q);
  }
  return emit::negate(g, sum_last(g, log_q, false));
}

std::vector<Value> grad_sparse(const GradContext& c) {
  return {c.graph.add("sparse_crossentropy_grad", {c.x[0], c.x[1], c.dy[0]}, c.attr), Value{}};
}

std::vector<Value> grad_dense(const GradContext& c) {
  Graph& g = c.graph;
  const Value log_q = plain_log(g, c.x[0], c.attr);
  return {g.add("crossentropy_grad", {c.x[0], c.x[1], c.dy[0]}, c.attr),
          emit::negate(g, emit::multiply(g, log_q, as_column(g, c.dy[0])))};
}

std::vector<Value> grad_of_gradient(const GradContext& c) {
  Graph& g = c.graph;
  const Value p = g.add("identity", {c.x[0]}), t = g.add("identity", {c.x[1]}), dloss = g.add("identity", {c.x[2]});
  const Value dp = g.gradients(plain_loss(g, p, t, c.attr), {p}, dloss).front();
  std::vector<Value> wanted = {p, dloss};
  const bool dense = g.type(t).dtype != DType::kInt32;
  if (dense) wanted.push_back(t);
  const std::vector<Value> found = g.gradients(dp, wanted, c.dy[0]);
  return {found[0], dense ? found[2] : Value{}, found[1]};
}

}  // namespace

void register_probability_crossentropy_ops() {
  register_op({"sparse_crossentropy", [](const NodeInfo& info) { return std::vector{infer_labelled(info, 2)}; },
               prepare_sparse, grad_sparse});
  register_op({"sparse_crossentropy_grad",
               [](const NodeInfo& info) {
                 infer_labelled(info, 3);
                 return std::vector{info.inputs[0]};
               },
               prepare_sparse_grad, grad_of_gradient, true});
  register_op({"crossentropy",
               [](const NodeInfo& info) {
                 epsilon_of(info);
                 return std::vector{infer_dense_rows(info, 2)};
               },
               prepare_dense, grad_dense});
  register_op({"crossentropy_grad",
               [](const NodeInfo& info) {
                 epsilon_of(info);
                 infer_dense_rows(info, 3);
                 return std::vector{info.inputs[0]};
               },
               prepare_dense_grad, grad_of_gradient, true});
}

}  // namespace lamina
