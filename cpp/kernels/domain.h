#pragma once

// The domains of unary.def and binary.def: which element types a row is compiled for. Bools are bytes here.
namespace lamina::LAMINA_ISA::domain {

template <typename T>
constexpr bool has_Float = T(0.5) != 0;
template <typename T>
constexpr bool has_Numeric = true;
template <typename T>
constexpr bool has_Any = true;
template <typename T>
constexpr bool has_Bool = sizeof(T) == 1;

}  // namespace lamina::LAMINA_ISA::domain
