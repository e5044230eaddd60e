#pragma once

#include <string>
#include <vector>

#include "kernels/affine.h"
#include "kernels/batch_norm.h"
#include "kernels/crossentropy.h"
#include "kernels/depthwise.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/pool.h"
#include "kernels/random.h"
#include "kernels/recurrent.h"
#include "kernels/reduce.h"
#include "kernels/row_norm.h"
#include "kernels/softmax.h"
#include "kernels/update.h"

// Every file of this folder except dispatch.cpp is compiled once per instruction set, with LAMINA_ISA naming the
// namespace it defines its functions in. Headers declare plain structs of function pointers in namespace lamina; each
// source fills its struct in `namespace lamina::LAMINA_ISA`. No std:: templates there: the linker would keep one copy,
// perhaps one with instructions this machine lacks.
namespace lamina {

// The tables that each instruction set defines as NAME_kernels: type and name.
#define LAMINA_KERNEL_TABLES(TABLE, isa)                  \
  TABLE(isa, PerType<UnaryKernels>, unary)                \
  TABLE(isa, PerType<BinaryKernels>, binary)              \
  TABLE(isa, PerFloat<SoftmaxKernels>, softmax)           \
  TABLE(isa, PerFloat<CrossentropyKernels>, crossentropy) \
  TABLE(isa, PerType<ReduceKernels>, reduce)              \
  TABLE(isa, PerFloat<UpdateKernels>, update)             \
  TABLE(isa, PerFloat<BatchNormKernels>, batch_norm)      \
  TABLE(isa, PerFloat<RowNormKernels>, row_norm)          \
  TABLE(isa, PerFloat<AffineKernels>, affine)             \
  TABLE(isa, PerFloat<PoolKernels>, pool)                 \
  TABLE(isa, PerFloat<DepthwiseKernels>, depthwise)       \
  TABLE(isa, RandomKernels, random)                       \
  TABLE(isa, PerFloat<GemmKernels>, gemm)                 \
  TABLE(isa, PerFloat<RecurrentKernels>, recurrent)

struct Kernels {
  const char* isa;
#define LAMINA_FIELD(isa, type, name) const type& name;
  LAMINA_KERNEL_TABLES(LAMINA_FIELD, )
#undef LAMINA_FIELD
};

const Kernels& kernels();  // the chosen set: best of the machine, or LAMINA_ISA, or the last set_isa
void set_isa(const std::string& name);
std::vector<std::string> available_isas();

}  // namespace lamina
