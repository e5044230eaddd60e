#include <cstring>
#include <map>
#include <string_view>

#include "graph/function.h"
#include "ops/checks.h"
#include "ops/elementwise/convert.h"
#include "ops/register.h"

// scalars(x...; body): a function of single numbers, computed one after the other by one worker. Where each would be a
// step, calling it would take many times as long as doing it.
namespace lamina {
namespace {

using Scalar = void (*)(const void* x, const void* y, void* z);

template <typename T>
T at(const void* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

template <typename Function, typename T>
void compute(const void* x, const void* y, void* z) {
  const T value = Function::of(at<T>(x), at<T>(y));
  std::memcpy(z, &value, sizeof value);
}

template <typename To, typename From>
void cast(const void* x, const void*, void* z) {
  const To value = convert<To>(at<From>(x));
  std::memcpy(z, &value, sizeof value);
}

// Integers wrap around, which signed ones may not.
template <typename T, bool = std::is_integral_v<T>>
struct Wrapping {
  using Type = T;
};
template <typename T>
struct Wrapping<T, true> {
  using Type = std::make_unsigned_t<T>;
};

template <typename T>
T select(bool which, T yes, T no) {
  return which ? yes : no;
}

// The rows of binary.def for single numbers.
#define BINARY(NAME, DOMAIN, COST, FORWARD)                        \
  struct row_##NAME {                                              \
    template <typename T, typename V = typename Wrapping<T>::Type> \
    static T of(T a, T b) {                                        \
      const V x = V(a), y = V(b);                                  \
      return static_cast<T>(FORWARD);                              \
    }                                                              \
  };
#include "kernels/binary.def"

template <typename Function>
Scalar numeric(DType dtype) {
  return visit_dtype(dtype, [](auto item) -> Scalar {
    using T = decltype(item);
    if constexpr (std::is_same_v<T, bool>) {
      return nullptr;
    } else {
      return compute<Function, T>;
    }
  });
}

template <typename Function>
Scalar floating(DType dtype) {
  if (!is_float(dtype)) return nullptr;
  return visit_float(dtype, [](auto item) -> Scalar { return compute<Function, decltype(item)>; });
}

// Those that are exact, or rounded once, and so the same here as in the kernels to the bit.
constexpr struct {
  std::string_view op;
  Scalar (*find)(DType);
} kFunctions[] = {{"add", numeric<row_add>},
                  {"subtract", numeric<row_subtract>},
                  {"multiply", numeric<row_multiply>},
                  {"divide", floating<row_divide>},
                  {"divide_no_nan", floating<row_divide_no_nan>}};

// Null for an op that is not there, or not for the dtype.
Scalar find_scalar(std::string_view op, DType from, DType to) {
  if (op == "cast") {
    return visit_dtype(from, [&](auto x) {
      return visit_dtype(to, [&](auto z) -> Scalar { return cast<decltype(z), decltype(x)>; });
    });
  }
  for (const auto& function : kFunctions) {
    if (op == function.op) return function.find(from);
  }
  return nullptr;
}

bool holds(const NodeInfo& info) {
  const auto one = [](const TensorType& type) { return type.size() == 1; };
  return !info.inputs.empty() && std::all_of(info.inputs.begin(), info.inputs.end(), one) && info.outputs.size() == 1 &&
         one(info.outputs[0]) && find_scalar(info.op, info.inputs[0].dtype, info.outputs[0].dtype) != nullptr;
}

// The body as a list of operations on numbered values: the inputs, then what each operation gives.
struct Program {
  static constexpr size_t kMostValues = 64;

  struct Operation {
    Scalar run;
    size_t x, y;  // numbers of values; twice the same where there is one operand
  };
  struct Result {
    size_t value;
    int64_t bytes;
  };

  explicit Program(const NodeInfo& info) {
    const Functions& functions = info.attr().functions("body");
    require(functions.size() == 1, "scalars: expected one function as body, received ", functions.size());
    const Function& body = *functions[0];
    require(body.input_types() == info.inputs, "scalars: the body does not take the inputs as they are");
    inputs = body.inputs.size();
    std::map<Value, size_t> number;
    for (const Value& input : body.inputs) number.emplace(input, number.size());
    const auto& nodes = body.graph.nodes();
    for (size_t n = 0; n < nodes.size(); ++n) {
      const Node& node = nodes[n];
      if (node.input_position >= 0) continue;
      require(node.op != nullptr, "scalars: the body may hold neither constants nor variables");
      NodeInfo inside{node.op->name, {}, node.outputs, &node.attributes};
      for (const Value& value : node.inputs) inside.inputs.push_back(body.graph.type(value));
      require(holds(inside), "scalars: the body cannot hold '", node.op->name, "'");
      const Scalar run = find_scalar(node.op->name, inside.inputs[0].dtype, node.outputs[0].dtype);
      code.push_back({run, number.at(node.inputs.front()), number.at(node.inputs.back())});
      number.emplace(Value{static_cast<int32_t>(n), 0}, number.size());
    }
    require(number.size() <= kMostValues, "scalars: expected at most ", kMostValues, " values, received ",
            number.size());
    for (const Value& value : body.outputs) results.push_back({number.at(value), body.graph.type(value).bytes()});
    types = body.output_types();
  }

  size_t inputs;
  std::vector<Operation> code;
  std::vector<Result> results;
  std::vector<TensorType> types;
};

std::vector<TensorType> infer_scalars(const NodeInfo& info) {
  return Program(info).types;
}

StepKernel prepare_scalars(const NodeInfo& info) {
  const Program program(info);
  StepKernel kernel;
  kernel.nanoseconds = 2.0 * static_cast<double>(program.code.size());
  kernel.run = [program](const StepData& data, Worker worker, int) {
    if (worker.index > 0) return;
    int64_t made[Program::kMostValues];
    const void* values[Program::kMostValues];
    size_t next = 0;
    for (; next < program.inputs; ++next) values[next] = data.in<char>(static_cast<int>(next));
    for (const auto& operation : program.code) {
      operation.run(values[operation.x], values[operation.y], &made[next]);
      values[next] = &made[next];
      ++next;
    }
    int output = 0;
    for (const auto& result : program.results) {
      void* to = data.out<char>(output++);
      const void* from = values[result.value];
      if (result.bytes == 8) {
        std::memcpy(to, from, 8);
      } else if (result.bytes == 4) {
        std::memcpy(to, from, 4);
      } else {
        std::memcpy(to, from, 1);
      }
    }
  };
  return kernel;
}

}  // namespace

void register_scalars_op() {
  register_op(
      {.name = "scalars", .infer = infer_scalars, .prepare = prepare_scalars, .reads_first = true, .holds = holds});
}

}  // namespace lamina
