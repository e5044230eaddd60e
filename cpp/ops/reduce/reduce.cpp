#include <limits>

#include "graph/column_blocks.h"
#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/reduce/reduction.h"
#include "ops/register.h"
#include "ops/rows.h"

// Reductions over axes: attributes `axes` (none given: all) and `keepdims`.
namespace lamina {
namespace {

enum class Kind { kSum, kMean, kProd, kMax, kMin, kAny, kAll };

template <Kind kKind>
constexpr bool kIsSum = kKind == Kind::kSum || kKind == Kind::kMean || kKind == Kind::kProd;

// The dtype of the result: sums of bytes are int32.
template <Kind kKind>
DType result_dtype(DType dtype) {
  return kIsSum<kKind> && dtype < DType::kInt32 ? DType::kInt32 : dtype;
}

template <Kind kKind>
auto kernel_of(const auto& table) {
  if constexpr (kKind == Kind::kProd) return table.prod;
  if constexpr (kKind == Kind::kSum || kKind == Kind::kMean) return table.sum;
  if constexpr (kKind == Kind::kMax || kKind == Kind::kAny) return table.max;
  if constexpr (kKind == Kind::kMin || kKind == Kind::kAll) return table.min;
}

template <Kind kKind, typename Out>
Out identity() {
  using Limits = std::numeric_limits<Out>;
  if constexpr (kKind == Kind::kProd || kKind == Kind::kAll) return Out{1};
  if constexpr (kKind == Kind::kMax) return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  if constexpr (kKind == Kind::kMin) return Limits::has_infinity ? Limits::infinity() : Limits::max();
  return Out{0};
}

template <Kind kKind>
std::vector<TensorType> infer(const NodeInfo& info) {
  require_inputs(info, 1);
  const TensorType& x = info.inputs[0];
  const std::vector<int64_t> axes = axes_of(info, 0);
  if constexpr (kKind == Kind::kMean) require_float(info, 0);
  if constexpr (kKind == Kind::kAny || kKind == Kind::kAll) require_dtype(info, 0, x.dtype == DType::kBool, "bool");
  const Shape shape = reduced_shape(x.shape, axes, info.attr().flag("keepdims"));
  if constexpr (kKind == Kind::kMax || kKind == Kind::kMin) {
    require(x.size() > 0 || element_count(shape) == 0, info.op, ": no elements to choose from in ", to_string(x));
  }
  return {{result_dtype<kKind>(x.dtype), shape}};
}

// How a long reduction to few outputs is cut: chunk c covers `size` of the repeats, or of the length where there is one
// repeat. The cut follows from the shape alone, so that results do not depend on the number of workers.
struct Chunks {
  explicit Chunks(const Reduction& reduction) {
    constexpr int64_t kMaxOutputs = 512, kChunkElements = 1 << 15, kMaxChunks = 64;
    const int64_t cut = along_repeats(reduction) ? reduction.repeats() : reduction.length();
    size = std::max<int64_t>(cut, 1);
    if (reduction.outputs() == 0 || reduction.outputs() > kMaxOutputs || cut == 0) return;
    const int64_t per_step = reduction.outputs() * reduction.length() * reduction.repeats() / cut;
    size = std::max({kChunkElements / std::max<int64_t>(per_step, 1), (cut + kMaxChunks - 1) / kMaxChunks, int64_t{1}});
    count = (cut + size - 1) / size;
  }

  static bool along_repeats(const Reduction& reduction) { return reduction.repeats() > 1; }
  Range of(int64_t chunk, int64_t n) const { return {chunk * size, std::min((chunk + 1) * size, n)}; }

  int64_t count = 1, size;
};

// Which outputs a worker makes: whole matrices where these are so narrow that their kernel must not be cut.
Range share_outputs(const Reduction& reduction, Worker worker) {
  if (reduction.by_rows() || reduction.width() >= kNarrow) return worker.share(reduction.outputs(), 16);
  return worker.share(reduction.outputs(), std::max<int64_t>(reduction.width(), 1));
}

// The step of one reduction: outputs start at `first`, take in x by `kernel` and what chunks gave by `combine`, and are
// divided by `divisor` in the end.
template <typename T, typename Out>
StepKernel reduction_step(const NodeInfo& info, const Reduction& reduction, const ReduceKernel<T, Out>& kernel,
                          const ReduceKernel<Out, Out>& combine, Out first, double divisor) {
  const Chunks chunks(reduction);
  const Range repeats = {0, reduction.repeats()}, length = {0, reduction.length()};
  const auto apply = [=](const T* x, Range outputs, Range some_repeats, Range some_length, Out* out) {
    const auto run = reduction.by_rows() ? kernel.rows : kernel.columns;
    reduction.run(x, outputs, some_repeats, some_length,
                  [&](const T* from, int64_t rows, int64_t n, int64_t stride, int64_t output) {
                    run(from, rows, n, stride, out + output);
                  });
  };
  const auto finish = [divisor](Out* out, Range outputs) {
    if (divisor == 1) return;
    for (int64_t i = outputs.begin; i < outputs.end; ++i) out[i] /= static_cast<Out>(divisor);
  };
  StepKernel step;
  step.nanoseconds = io_ns(info, reduction.by_rows() ? 3.0 : 0.2);
  if (chunks.count <= 1) {
    step.run = [=](const StepData& data, Worker worker, int) {
      const Range outputs = share_outputs(reduction, worker);
      Out* out = data.out<Out>();
      std::fill(out + outputs.begin, out + outputs.end, first);
      apply(data.in<T>(0), outputs, repeats, length, out);
      finish(out, outputs);
    };
    return step;
  }
  const int64_t count = reduction.outputs();
  step.phases = 2;
  step.scratch_bytes = chunks.count * count * static_cast<int64_t>(sizeof(Out));
  step.run = [=](const StepData& data, Worker worker, int phase) {
    Out* partial = data.scratch<Out>();  // (chunks, outputs)
    if (phase == 0) {
      const Range mine = worker.share(chunks.count);
      for (int64_t c = mine.begin; c < mine.end; ++c) {
        const bool cut_repeats = Chunks::along_repeats(reduction);
        Out* out = partial + c * count;
        std::fill(out, out + count, first);
        apply(data.in<T>(0), {0, count}, cut_repeats ? chunks.of(c, repeats.end) : repeats,
              cut_repeats ? length : chunks.of(c, length.end), out);
      }
      return;
    }
    const Range outputs = count >= kNarrow ? worker.share(count, 16) : worker.share(count, kNarrow);
    Out* out = data.out<Out>();
    std::fill(out + outputs.begin, out + outputs.end, first);
    combine.columns(partial + outputs.begin, chunks.count, outputs.size(), count, out + outputs.begin);
    finish(out, outputs);
  };
  return step;
}

template <Kind kKind>
StepKernel prepare(const NodeInfo& info) {
  const Reduction reduction(info.inputs[0].shape, axes_of(info, 0));
  const double count = static_cast<double>(reduction.repeats() * reduction.length());
  StepKernel step;
  visit_dtype(info.inputs[0].dtype, [&](auto item) {
    using T = std::conditional_t<std::is_same_v<decltype(item), bool>, uint8_t, decltype(item)>;
    using Out = std::conditional_t<kIsSum<kKind>, typename SumOf<T>::Type, T>;
    step = reduction_step(info, reduction, kernel_of<kKind>(kernels().reduce.of(T{})),
                          kernel_of<kKind>(kernels().reduce.of(Out{})), identity<kKind, Out>(),
                          kKind == Kind::kMean ? count : 1.0);
  });
  return step;
}

// The columns' sums of a matrix that lies in blocks of them: blocks are an axis more.
NodeInfo blocks_as_axis(const NodeInfo& info) {
  static const Attributes middle = [] {
    Attributes attributes;
    attributes.set("axes", Shape{1});
    return attributes;
  }();
  require_inputs(info, 1);
  const Shape& shape = info.inputs[0].shape;
  require(shape.size() == 2, info.op, ": expected a matrix, received ", to_string(info.inputs[0]));
  const ColumnBlocks blocks(shape[0], shape[1], info, "blocks");
  blocks.require_possible(info);
  NodeInfo sum = info;
  sum.inputs[0].shape = {blocks.count, blocks.rows, blocks.width()};
  sum.attributes = &middle;
  return sum;
}

std::vector<TensorType> infer_sum_blocks(const NodeInfo& info) {
  TensorType sums = infer<Kind::kSum>(blocks_as_axis(info))[0];
  sums.shape = {info.inputs[0].shape[1]};
  return {sums};
}

// One worker's sums would take the blocks away from those who keep them, and who would have to get them back.
StepKernel prepare_sum_blocks(const NodeInfo& info) {
  StepKernel kernel = prepare<Kind::kSum>(blocks_as_axis(info));
  kernel.keepers = static_cast<int>(info.attr().integer("blocks", 1));
  return kernel;
}

// Sums of few outputs are cut into chunks, which must then be the same ones.
std::optional<Attributes> on_rows(const NodeInfo& info, const std::vector<bool>&, int64_t rows) {
  const std::vector<int64_t> axes = axes_of(info, 0);
  Shape part = info.inputs[0].shape;
  part[0] = rows;
  if (axes.front() == 0) return std::nullopt;
  const Chunks chunks{Reduction(part, axes)}, whole{Reduction(info.inputs[0].shape, axes)};
  if (chunks.count != whole.count || (chunks.count > 1 && chunks.size != whole.size)) return std::nullopt;
  return info.attr();
}

// --- gradients -------------------------------------------------------------------------------------------------------

std::vector<Value> grad_sum(const GradContext& c) {
  const ReductionGrad shapes(c);
  return {emit::broadcast_to(c.graph, emit::reshape(c.graph, c.dy[0], shapes.kept), shapes.x.shape)};
}

std::vector<Value> grad_mean(const GradContext& c) {
  const ReductionGrad shapes(c);
  const Value dy = emit::scale(c.graph, emit::reshape(c.graph, c.dy[0], shapes.kept), 1 / shapes.count());
  return {emit::broadcast_to(c.graph, dy, shapes.x.shape)};
}

// Shared equally between all elements that are the extreme one.
std::vector<Value> grad_extreme(const GradContext& c) {
  Graph& g = c.graph;
  const ReductionGrad shapes(c);
  const Value y = emit::reshape(g, c.y[0], shapes.kept), dy = emit::reshape(g, c.dy[0], shapes.kept);
  const Value chosen = emit::cast(g, g.add("equal", {c.x[0], y}), shapes.x.dtype);
  const Value ties = g.add("sum", {chosen}, {{"axes", shapes.axes}, {"keepdims", true}});
  return {emit::multiply(g, chosen, emit::divide(g, dy, ties))};
}

// The product as a tree: the elements in one axis, padded with ones to a power of two, are halved again and again.
// Going back down gives each element the product of all the others without a division, so zeros need no care.
std::vector<Value> grad_prod(const GradContext& c) {
  Graph& g = c.graph;
  const ReductionGrad shapes(c);
  const int64_t rank = shapes.x.rank();
  Shape order, front;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (shapes.kept[axis] != 1 || shapes.x.shape[axis] == 1) order.push_back(axis);
  }
  const auto outer_axes = static_cast<int64_t>(order.size());
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (std::find(order.begin(), order.end(), axis) == order.end()) order.push_back(axis);
  }
  for (const int64_t axis : order) front.push_back(shapes.x.shape[axis]);
  const int64_t outer = element_count(Shape(front.begin(), front.begin() + outer_axes));
  const int64_t n = static_cast<int64_t>(shapes.count());
  if (shapes.x.size() == 0) return {g.add("broadcast_to", {g.scalar(shapes.x.dtype, 0)}, {{"shape", shapes.x.shape}})};
  int64_t padded = 1;
  while (padded < n) padded *= 2;

  const auto half = [&](Value v, int64_t size, int64_t which) {
    return g.add("slice", {v}, {{"begin", Shape{0, which * size}}, {"end", Shape{outer, (which + 1) * size}}});
  };
  Value level = rank > 1 ? g.add("transpose", {c.x[0]}, {{"axes", order}}) : c.x[0];
  level = emit::reshape(g, level, {outer, n});
  level = g.add("pad", {level}, {{"before", Shape{0, 0}}, {"after", Shape{0, padded - n}}, {"value", 1.0}});
  std::vector<std::pair<Value, Value>> halves;
  for (int64_t size = padded / 2; size >= 1; size /= 2) {
    halves.emplace_back(half(level, size, 0), half(level, size, 1));
    level = emit::multiply(g, halves.back().first, halves.back().second);
  }
  Value dx = emit::reshape(g, c.dy[0], {outer, 1});
  for (auto pair = halves.rbegin(); pair != halves.rend(); ++pair) {
    dx = g.add("concatenate", {emit::multiply(g, dx, pair->second), emit::multiply(g, dx, pair->first)},
               {{"axis", int64_t{1}}});
  }
  dx = emit::reshape(g, half(dx, n, 0), front);
  Shape inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i) inverse[order[i]] = static_cast<int64_t>(i);
  return {rank > 1 ? g.add("transpose", {dx}, {{"axes", inverse}}) : dx};
}

}  // namespace

void register_reduce_ops() {
  register_op({.name = "sum",
               .infer = infer<Kind::kSum>,
               .prepare = prepare<Kind::kSum>,
               .grad = grad_sum,
               .on_rows = on_rows});
  register_op({"sum_blocks", infer_sum_blocks, prepare_sum_blocks});
  register_op({.name = "mean",
               .infer = infer<Kind::kMean>,
               .prepare = prepare<Kind::kMean>,
               .grad = grad_mean,
               .on_rows = on_rows});
  register_op({.name = "prod",
               .infer = infer<Kind::kProd>,
               .prepare = prepare<Kind::kProd>,
               .grad = grad_prod,
               .on_rows = on_rows});
  register_op({.name = "max",
               .infer = infer<Kind::kMax>,
               .prepare = prepare<Kind::kMax>,
               .grad = grad_extreme,
               .on_rows = on_rows});
  register_op({.name = "min",
               .infer = infer<Kind::kMin>,
               .prepare = prepare<Kind::kMin>,
               .grad = grad_extreme,
               .on_rows = on_rows});
  register_op({.name = "any", .infer = infer<Kind::kAny>, .prepare = prepare<Kind::kAny>, .on_rows = on_rows});
  register_op({.name = "all", .infer = infer<Kind::kAll>, .prepare = prepare<Kind::kAll>, .on_rows = on_rows});
}

}  // namespace lamina
