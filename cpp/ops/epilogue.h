#pragma once

#include <array>

#include "graph/op.h"
#include "kernels/elementwise.h"

namespace lamina {

// What happens to a block of a product while it is in cache: activation(C + bias), or C times the slope of an
// activation on the way back through it.
template <typename T>
struct Epilogue {
  const T* bias = nullptr;  // (n,)
  UnaryKernel<T> activation = nullptr;
  SlopeKernel<T> slope = nullptr;
  const T* via = nullptr;    // what the slope is a function of, laid out like the whole C,
  const T* whole = nullptr;  // which begins here
  std::array<T, 3> parameters = {};
  bool has_bias = false;

  // The same with its pointers to a step's third input and its output.
  Epilogue at(const StepData& data) const {
    Epilogue bound = *this;
    if (slope != nullptr) {
      bound.via = data.in<T>(2);
      bound.whole = data.out<T>();
    } else if (has_bias) {
      bound.bias = data.in<T>(2);
    }
    return bound;
  }

  // Finishes a rectangle of C, `row` elements from one row to the next.
  void finish(T* c, int64_t rows, int64_t columns, int64_t row) const {
    if (activation == nullptr && slope == nullptr) return;
    if (columns == row) {
      columns *= rows;
      rows = 1;
    }
    for (; rows > 0; --rows, c += row) {
      if (activation != nullptr) {
        activation(c, c, columns, parameters.data());
      } else {
        slope(via + (c - whole), c, c, columns, parameters.data());
      }
    }
  }
};

// Of an op that fusion makes, inputs 0 and 1 being the product's: checks that input 2, if there is one, is a bias of
// `columns` elements, and that the attribute `activation` names one.
void require_epilogue(const NodeInfo& info, int64_t columns);
// The same for an op that gives p f'(v), whose product p is of type `product`: input 2 is v, the attribute `slope`
// names f.
void require_slope(const NodeInfo& info, const TensorType& product);
// What those attributes say; pointers are filled in when the step runs.
template <typename T>
Epilogue<T> epilogue_of(const NodeInfo& info);
double epilogue_ns(const NodeInfo& info);

}  // namespace lamina
