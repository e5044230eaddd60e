#include <algorithm>
#include <numeric>
#include <vector>

#include "graph/column_blocks.h"
#include "graph/graph.h"
#include "kernels/dispatch.h"
#include "ops/checks.h"
#include "ops/elementwise/unary.h"
#include "ops/matmul/claimed.h"
#include "ops/matmul/product.h"
#include "ops/matmul/stationary.h"
#include "ops/register.h"
#include "ops/rows.h"

namespace lamina {

namespace {

// The sizes of C (..., m, n) = op(A) (..., m, k) op(B) (..., k, n), and where each product of the batch begins.
struct MatmulSizes {
  int64_t m, n, k;
  bool transpose_a, transpose_b;
  Shape batch;

  MatmulSizes(const NodeInfo& info) {
    transpose_a = info.attr().flag("transpose_a");
    transpose_b = info.attr().flag("transpose_b");
    const Shape& a = info.inputs[0].shape;
    const Shape& b = info.inputs[1].shape;
    const size_t a_rows = a.size() - 2 + transpose_a, b_rows = b.size() - 2 + transpose_b;
    m = a[a_rows];
    k = a[2 * a.size() - 3 - a_rows];
    n = b[2 * b.size() - 3 - b_rows];
    batch = broadcast_shapes(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2), info.op);
  }
};

void require_matrices(const NodeInfo& info) {
  for (size_t i = 0; i < 2; ++i) {
    require_float(info, i);
    require(info.inputs[i].rank() >= 2, info.op, ": expected input ", i, " to have at least 2 dimensions, received ",
            to_string(info.inputs[i]));
  }
  require_same_dtype(info, 0, 1);
}

const char* transposed_text(bool transposed) {
  return transposed ? " transposed" : "";
}

std::vector<TensorType> infer_matmul(const NodeInfo& info) {
  require_inputs(info, 2);
  require_matrices(info);
  const MatmulSizes sizes(info);
  const Shape& b = info.inputs[1].shape;
  const int64_t b_rows = b[b.size() - (sizes.transpose_b ? 1 : 2)];
  require(sizes.k == b_rows, info.op, ": cannot multiply ", to_string(info.inputs[0].shape),
          transposed_text(sizes.transpose_a), " by ", to_string(b), transposed_text(sizes.transpose_b),
          ": the inner dimensions ", sizes.k, " and ", b_rows, " must be equal");
  Shape shape = sizes.batch;
  shape.push_back(sizes.m);
  shape.push_back(sizes.n);
  return {{info.inputs[0].dtype, shape}};
}

// Of a product of two matrices: how many blocks of columns A and C lie in, and of the rows of B are summed up apart.
void require_blocks(const NodeInfo& info) {
  const MatmulSizes sizes(info);
  const ColumnBlocks a(sizes.m, sizes.k, info, "a_blocks"), c(sizes.m, sizes.n, info, "out_blocks");
  a.require_possible(info);
  c.require_possible(info);
  const int64_t stationary = info.attr().integer("stationary", 1);
  require(stationary >= 1, info.op, ": 'stationary' must be at least 1, received ", stationary);
  if (a.count == 1 && c.count == 1 && stationary == 1) return;
  require(info.inputs[0].rank() == 2 && info.inputs[1].rank() == 2 && !sizes.transpose_a, info.op,
          ": only a product of two matrices, the first not transposed, can be done in blocks");
  require(stationary == 1 || a.count == 1 || a.count == stationary, info.op, ": 'stationary' ", stationary,
          " contradicts 'a_blocks' ", a.count);
}

std::vector<TensorType> infer_dense(const NodeInfo& info) {
  if (info.inputs.size() != 3) require_inputs(info, 2);
  NodeInfo product = info;
  product.inputs.resize(2);
  const std::vector<TensorType> outputs = infer_matmul(product);
  require_epilogue(info, outputs[0].shape.back());
  require_blocks(info);
  return outputs;
}

// p f'(v) of (a, b, v), where p is the product and `slope` names f: a gradient on its way back through a layer and the
// activation before it.
std::vector<TensorType> infer_slope(const NodeInfo& info) {
  require_inputs(info, 3);
  NodeInfo product = info;
  product.inputs.pop_back();
  const std::vector<TensorType> outputs = infer_matmul(product);
  require_slope(info, outputs[0]);
  require_blocks(info);
  return outputs;
}

// Where the operand of shape (..., rows, columns) of each product of the batch begins, in elements.
std::vector<int64_t> batch_offsets(const Shape& operand, const Shape& batch) {
  const Shape strides = row_major_strides(operand);
  std::vector<int64_t> offsets = {0};
  for (size_t axis = 0; axis < batch.size(); ++axis) {
    const size_t missing = batch.size() - (operand.size() - 2);
    const bool moves = axis >= missing && operand[axis - missing] != 1;
    const int64_t stride = moves ? strides[axis - missing] : 0;
    std::vector<int64_t> longer;
    longer.reserve(offsets.size() * static_cast<size_t>(batch[axis]));
    for (const int64_t offset : offsets) {
      for (int64_t i = 0; i < batch[axis]; ++i) longer.push_back(offset + i * stride);
    }
    offsets = std::move(longer);
  }
  return offsets;
}

template <typename T>
StepKernel prepare_product(const NodeInfo& info) {
  MatmulSizes sizes(info);
  if (info.inputs[1].rank() == 2 && !sizes.transpose_a) {  // one product of all the rows
    sizes.m *= element_count(sizes.batch);
    sizes.batch = {};
  }
  const auto a_begin = batch_offsets(sizes.batch.empty() ? Shape{0, 0} : info.inputs[0].shape, sizes.batch);
  const auto b_begin = batch_offsets(info.inputs[1].shape, sizes.batch);
  const int64_t batch = element_count(sizes.batch);
  const int64_t stationary = info.attr().integer("stationary", 1);  // blocks of B's rows
  const Product<T> product(sizes.m, sizes.n, sizes.k,
                           {sizes.transpose_a, info.attr().integer("a_blocks", 1), info.attr().flag("sparse_a")},
                           {sizes.transpose_b}, kernels().gemm.of(T{}), stationary);
  const ColumnBlocks c_blocks(product.m(), product.n(), info, "out_blocks");

  const Epilogue<T> epilogue = epilogue_of<T>(info);
  if (stationary > 1 && product.depth_blocks() > 1) return prepare_stationary(info, product, epilogue);

  const double nanoseconds = static_cast<double>(batch) * product.nanoseconds() + epilogue_ns(info);
  if (product.is_large() && batch == 1 && c_blocks.count == 1) {
    return claimed_step(
        info, product, nanoseconds, 0, product.piece_scratch_size(),
        [product](int workers) { return product.column_workers(1, workers); },
        [product, epilogue](const StepData& data, const Piece& piece, PieceMemory<T>& memory) {
          product.run_piece(data.in<T>(0), data.in<T>(1), data.out<T>(), epilogue.at(data), piece, memory);
        });
  }
  StepKernel kernel;
  kernel.nanoseconds = nanoseconds;
  if (product.at_once() && batch == 1 && c_blocks.count == 1) {
    kernel.run = [product, epilogue](const StepData& data, Worker worker, int) {
      if (worker.index > 0) return;
      product.run_at_once(data.in<T>(0), data.in<T>(1), data.out<T>(), epilogue.at(data));
    };
    return kernel;
  }
  kernel.scratch_bytes = product.scratch_size() * static_cast<int64_t>(sizeof(T)) * info.workers;
  kernel.run = [=](const StepData& data, Worker worker, int) {
    const Epilogue<T> after = epilogue.at(data);
    T* scratch = data.scratch<T>() + data.seat() * product.scratch_size();
    const bool whole = c_blocks.count == 1;
    const int across = whole ? product.column_workers(batch, worker.count)
                             : static_cast<int>(std::gcd<int64_t>(c_blocks.count, worker.count));
    const Range rows = Worker{worker.index / across, worker.count / across}.share(batch * product.m());
    const Range columns =
        Worker{worker.index % across, across}.share(product.n(), whole ? product.column_grain() : c_blocks.width());
    for (int64_t j = columns.begin, next; j < columns.end; j = next) {
      next = j + c_blocks.run(j, columns.end);
      for (int64_t row = rows.begin; row < rows.end;) {
        const int64_t i = row / product.m();
        const int64_t end = std::min(rows.end, (i + 1) * product.m());
        product.run(data.in<T>(0) + a_begin[i], data.in<T>(1) + b_begin[i],
                    data.out<T>() + i * sizes.m * sizes.n + c_blocks.shift(j), c_blocks.width(), after,
                    {row - i * product.m(), end - i * product.m()}, {j, next}, scratch, worker.soon);
        row = end;
      }
    }
  };
  return kernel;
}

StepKernel prepare(const NodeInfo& info) {
  return visit_float(info.inputs[0].dtype, [&](auto zero) { return prepare_product<decltype(zero)>(info); });
}

// How a product of all the rows of A with one B adds up may depend on their number, if B is transposed or a column.
std::optional<Attributes> on_rows(const NodeInfo& info, const std::vector<bool>& cut, int64_t rows) {
  const MatmulSizes sizes(info);
  for (const char* name : {"a_blocks", "out_blocks"}) {
    if (info.attr().integer(name, 1) != 1) return std::nullopt;
  }
  if (info.inputs[1].rank() > 2) return rows::broadcast(info, cut, rows);
  const bool whole = info.inputs[0].rank() == 2;
  if (whole && sizes.transpose_a) return std::nullopt;
  if (sizes.transpose_b || (sizes.n == 1 && rows == 1)) return std::nullopt;
  return rows::of_first(info, cut, rows);
}

Value matmul(Graph& g, Value a, Value b, bool transpose_a, bool transpose_b) {
  return g.add("matmul", {a, b}, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}

// (..., rows, columns) as one matrix.
Value flatten_rows(Graph& g, Value x) {
  const Shape& shape = g.type(x).shape;
  return emit::reshape(g, x, {element_count(Shape(shape.begin(), shape.end() - 1)), shape.back()});
}

// With C = op(A) op(B): dop(A) = dC op(B)^T and dop(B) = op(A)^T dC, each as one product with the right flags.
std::vector<Value> grad_matmul(const GradContext& context) {
  Graph& g = context.graph;
  const bool ta = context.attr.flag("transpose_a"), tb = context.attr.flag("transpose_b");
  Value a = context.x[0], b = context.x[1], dc = context.dy[0];
  const Shape a_shape = g.type(a).shape, b_shape = g.type(b).shape;
  const Value da = ta ? matmul(g, b, dc, tb, true) : matmul(g, dc, b, false, !tb);
  if (b_shape.size() == 2 && !ta) {  // every row of the batch adds to the one B: a single product
    a = flatten_rows(g, a);
    dc = flatten_rows(g, dc);
  }
  const Value db = tb ? matmul(g, dc, a, true, ta) : matmul(g, a, dc, !ta, false);
  return {emit::sum_to(g, da, a_shape), emit::sum_to(g, db, b_shape)};
}

}  // namespace

void register_matmul_ops() {
  register_op({.name = "matmul",
               .infer = infer_matmul,
               .prepare = prepare,
               .grad = grad_matmul,
               .fused = "dense",
               .sloped = "matmul_slope",
               .on_rows = on_rows});
  register_op({.name = "matmul_slope", .infer = infer_slope, .prepare = prepare});
  register_op({.name = "dense", .infer = infer_dense, .prepare = prepare, .fused = "dense", .on_rows = on_rows});
}

}  // namespace lamina
