#pragma once

#include <string>
#include <vector>

#include "kernels/elementwise.h"
#include "kernels/gemm.h"

// Every file of this folder except dispatch.cpp is compiled once per instruction set, with LAMINA_ISA naming the namespace
// it defines its functions in. Headers declare plain structs of function pointers in namespace lamina; each source
// fills its struct in `namespace lamina::LAMINA_ISA`. No std:: templates there: the linker would keep one copy, perhaps
// one with instructions this machine lacks.
namespace lamina {

struct Kernels {
  const char* isa;
  ElementwiseKernels elementwise;  // elementwise.h
  GemmKernels gemm;                // gemm.h
};

const Kernels& kernels();  // the chosen set: best of the machine, or LAMINA_ISA, or the last set_isa
void set_isa(const std::string& name);
std::vector<std::string> available_isas();

}  // namespace lamina
