#include "graph/column_blocks.h"
#include "kernels/dispatch.h"
#include "ops/matmul/claimed.h"
#include "ops/matmul/product.h"
#include "ops/register.h"
#include "ops/update/update_rule.h"

// matmul_update: an optimizer's update of one matrix of weights whose gradient is a product, op(A) op(B). Some rows of
// the gradient are computed, used up while they are in cache, and overwritten by the next.
namespace lamina {
namespace {

struct FactoredUpdate {
  explicit FactoredUpdate(const NodeInfo& info)
      : rule(info.attr().text("rule", ""), info),
        slots(rule.slots()),
        columns(info.inputs[0].shape.back()),
        decay(info.attr().number("weight_decay", 0)),
        transpose_a(info.attr().flag("transpose_a")),
        transpose_b(info.attr().flag("transpose_b")) {}

  // Inputs: weight, slots, learning rate, iterations, A, B.
  int clock() const { return 1 + slots; }
  int a() const { return slots + 3; }
  int b() const { return slots + 4; }
  // What the product sums over, and how op(A) transposed and op(B) lie in memory.
  int64_t depth(const NodeInfo& info) const { return info.inputs[a()].shape[!transpose_a]; }
  ColumnBlocks a_blocks(const NodeInfo& info) const { return {depth(info), info.inputs[0].shape[0], info, "a_blocks"}; }
  ColumnBlocks b_blocks(const NodeInfo& info) const { return {depth(info), info.inputs[0].shape[1], info, "b_blocks"}; }

  UpdateRule rule;
  int slots;
  int64_t columns;  // of the weight
  double decay;
  bool transpose_a, transpose_b;
};

std::vector<TensorType> infer_matmul_update(const NodeInfo& info) {
  const FactoredUpdate update(info);
  require_inputs(info, static_cast<size_t>(update.slots) + 5);
  require_float(info, 0);
  const TensorType& weight = info.inputs[0];
  require(weight.rank() == 2, info.op, ": expected a matrix of weights, received ", to_string(weight));
  for (int i = 1; i <= update.slots; ++i) {
    require(info.inputs[i] == weight, info.op, ": slot ", i, " must be ", to_string(weight), ", received ",
            to_string(info.inputs[i]));
  }
  require_update_clock(info, update.clock());
  const TensorType &a = info.inputs[update.a()], &b = info.inputs[update.b()];
  const bool matrices = a.rank() == 2 && b.rank() == 2 && a.dtype == weight.dtype && b.dtype == weight.dtype;
  // A column would be made as a row, longer sums in several goes.
  require(matrices && a.shape[update.transpose_a] == weight.shape[0] &&
              b.shape[!update.transpose_b] == weight.shape[1] && weight.shape[1] != 1 &&
              a.shape[!update.transpose_a] == b.shape[update.transpose_b] &&
              update.depth(info) * item_size(weight.dtype) <= kDepthBytes,
          info.op, ": cannot make the product of ", to_string(a), " and ", to_string(b), " by rows as the gradient of ",
          to_string(weight));
  const ColumnBlocks a_blocks = update.a_blocks(info), b_blocks = update.b_blocks(info);
  a_blocks.require_possible(info);
  b_blocks.require_possible(info);
  require((a_blocks.count == 1 || update.transpose_a) && (b_blocks.count == 1 || !update.transpose_b), info.op,
          ": only an A that is transposed and a B that is not can lie in blocks of columns");
  return {info.inputs.begin(), info.inputs.begin() + 1 + update.slots};
}

// Workers share the rows of the weight if it has so many, else its columns.
constexpr int64_t kFewRows = 16;

// Updates rows of a weight by rows of its gradient.
template <typename T>
class Sweep final : public Intake<T> {
 public:
  using Kernel = void (*)(const UpdateSpan<T>& span, const UpdateScalars& scalars);
  static_assert(1 + update::kMaxSlots <= Intake<T>::kMostOperands);

  // The gradient begins with that of element `first` of the whole weight.
  Sweep(Kernel kernel, const UpdateScalars& scalars, const UpdateSpan<T>& whole, int slots, int64_t first)
      : kernel_(kernel), scalars_(scalars), whole_(whole), slots_(slots), first_(first) {
    this->operands[0] = whole.weight + first;
    for (int s = 0; s < slots; ++s) this->operands[1 + s] = whole.slots[s] + first;
    this->operand_count = 1 + slots;
    this->operand_row = whole.stride;
  }

  void take(const T* gradient, int64_t gradient_row, Range rows, Range columns) const override {
    UpdateSpan<T> span = whole_;
    span.gradient = gradient;
    span.gradient_stride = gradient_row;
    span.rows = rows.size();
    span.columns = columns.size();
    const int64_t begin = first_ + rows.begin * span.stride + columns.begin;
    span.weight += begin;
    span.new_weight += begin;
    for (int s = 0; s < slots_; ++s) {
      span.slots[s] += begin;
      span.new_slots[s] += begin;
    }
    kernel_(span, scalars_);
  }

 private:
  Kernel kernel_;
  const UpdateScalars& scalars_;
  const UpdateSpan<T>& whole_;
  int slots_;
  int64_t first_;
};

// What a run of the step updates, and how.
template <typename T>
struct Target {
  UpdateScalars scalars;
  UpdateSpan<T> whole = {};

  Target(const FactoredUpdate& update, const StepData& data) : scalars(update.rule.scalars<T>(data, update.clock())) {
    whole.weight = data.in<T>(0);
    whole.new_weight = data.out<T>(0);
    for (int s = 0; s < update.slots; ++s) {
      whole.slots[s] = data.in<T>(1 + s);
      whole.new_slots[s] = data.out<T>(1 + s);
    }
    whole.stride = update.columns;
    whole.decay = update.decay * scalars.lr;
  }
};

template <typename T>
StepKernel prepare_typed(const NodeInfo& info) {
  const FactoredUpdate update(info);
  const int64_t m = info.inputs[0].shape[0], n = update.columns;
  const int64_t k = update.depth(info);
  const ColumnBlocks a_blocks = update.a_blocks(info), b_blocks = update.b_blocks(info);
  const Product<T> product(m, n, k, {update.transpose_a, a_blocks.count, info.attr().flag("sparse_a")},
                           {update.transpose_b, b_blocks.count}, kernels().gemm.of(T{}));
  const double nanoseconds = product.nanoseconds() + update_ns<T>(m * n, update.slots);
  const auto across = [=](int workers) { return m >= kFewRows ? 1 : workers; };
  const auto sweep = kernels().update.of(T{}).sweep[update.rule.row()];
  if (product.is_large() && a_blocks.count == 1 && b_blocks.count == 1) {
    return claimed_step(info, product, nanoseconds, update.a(), product.intake_piece_scratch_size(), across,
                        [=](const StepData& data, const Piece& piece, PieceMemory<T>& memory) {
                          const Target<T> to(update, data);
                          const Sweep<T> intake(sweep, to.scalars, to.whole, update.slots, 0);
                          product.run_piece_into(data.in<T>(update.a()), data.in<T>(update.b()), intake, piece, memory);
                        });
  }
  // op(A) (i, p) and op(B) (p, j) for p = 0.
  const int64_t a_row = update.transpose_a ? 1 : k, b_column = update.transpose_b ? k : 1;
  const int64_t scratch_size = product.intake_scratch_size();
  StepKernel kernel;
  kernel.nanoseconds = nanoseconds;
  kernel.scratch_bytes = scratch_size * static_cast<int64_t>(sizeof(T)) * info.workers;
  kernel.run = [=](const StepData& data, Worker worker, int) {
    const Target<T> to(update, data);
    const int beside = across(worker.count);
    const Range rows = Worker{worker.index / beside, worker.count / beside}.share(m);
    const Range columns = Worker{worker.index % beside, beside}.share(n, product.column_grain());
    for (int64_t j = columns.begin, width = 0; j < columns.end; j += width) {
      width = b_blocks.run(j, columns.end);
      for (int64_t i = rows.begin, height = 0; i < rows.end; i += height) {
        height = a_blocks.run(i, rows.end);
        product.run_into(data.in<T>(update.a()) + a_blocks.shift(i) + i * a_row,
                         data.in<T>(update.b()) + b_blocks.shift(j) + j * b_column,
                         Sweep<T>(sweep, to.scalars, to.whole, update.slots, i * n + j), {0, height}, {0, width},
                         data.scratch<T>() + data.seat() * scratch_size, worker.soon);
      }
    }
  };
  return kernel;
}

StepKernel prepare_matmul_update(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto item) { return prepare_typed<decltype(item)>(info); });
}

}  // namespace

void register_matmul_update_ops() {
  register_op(
      {.name = "matmul_update", .infer = infer_matmul_update, .prepare = prepare_matmul_update, .in_place = true});
}

}  // namespace lamina
