#include "ops/elementwise/curves.h"

#include <cmath>
#include <map>
#include <numbers>

namespace lamina {

namespace {

// An expression of plain ops, to be written like those in unary.def.
struct Term {
  Graph* g;
  Value value;

  Term operator()(const char* op) const { return {g, g->add(op, {value})}; }
  Term constant(double x) const { return {g, g->scalar(g->type(value).dtype, x)}; }
};

Term operator+(Term a, Term b) {
  return {a.g, emit::add(*a.g, a.value, b.value)};
}
Term operator*(Term a, Term b) {
  return {a.g, emit::multiply(*a.g, a.value, b.value)};
}
Term operator*(double a, Term b) {
  return b.constant(a) * b;
}
Term operator+(double a, Term b) {
  return b.constant(a) + b;
}
Term operator-(double a, Term b) {
  return a + -1.0 * b;
}

Term square(Term x) {
  return x * x;
}
Term inverse(Term x) {
  return x("reciprocal");
}
Term exp(Term x) {
  return x("exp");
}

Term arcsin_curve(Term x) {
  const Term root = (1 - square(x))("rsqrt");
  return x * root * square(root);
}

Term gelu_curve(Term x) {
  const double peak = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  return peak * exp(-0.5 * square(x)) * (2 - square(x));
}

// x s(u), with u' and u''.
Term gelu_tanh_curve(Term x) {
  const double k = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi, cubic = 0.044715 * k;
  const Term s = (k * x + cubic * (x * square(x)))("sigmoid");
  const Term slope = s * (1 - s), du = k + 3 * cubic * square(x), ddu = 6 * cubic * x;
  return 2 * (slope * du) + x * (slope * (1 - 2 * s) * square(du) + slope * ddu);
}

Term mish_curve(Term x) {
  const Term t = x("softplus")("tanh"), s = x("sigmoid");
  return (1 - square(t)) * (2 * s + x * (s * (1 - s) + -2 * (t * square(s))));
}

Term silu_curve(Term x) {
  const Term s = x("sigmoid");
  return s * (1 - s) * (2 + x * (1 - 2 * s));
}

const std::map<std::string_view, Term (*)(Term)> kCurves = {
    {"sqrt", [](Term y) { return -0.5 * inverse(square(y)); }},
    {"rsqrt", [](Term y) { return -1.5 * square(y); }},
    {"reciprocal", [](Term y) { return -2 * y; }},
    {"log", [](Term x) { return -1 * inverse(square(x)); }},
    {"log1p", [](Term x) { return -1 * inverse(square(1 + x)); }},
    {"log2", [](Term x) { return -std::numbers::log2e * inverse(square(x)); }},
    {"log10", [](Term x) { return -std::numbers::log10e * inverse(square(x)); }},
    {"sin", [](Term x) { return -1 * x("sin"); }},
    {"cos", [](Term x) { return -1 * x("cos"); }},
    {"tan", [](Term y) { return 2 * y; }},
    {"sinh", [](Term x) { return x("sinh"); }},
    {"cosh", [](Term x) { return x("cosh"); }},
    {"tanh", [](Term y) { return -2 * y; }},
    {"arcsin", arcsin_curve},
    {"arccos", [](Term x) { return -1 * arcsin_curve(x); }},
    {"arctan", [](Term x) { return -2 * x * square(inverse(1 + square(x))); }},
    {"erf", [](Term x) { return -4 * std::numbers::inv_sqrtpi * (x * exp(-1 * square(x))); }},
    {"sigmoid", [](Term y) { return 1 - 2 * y; }},
    {"log_sigmoid", [](Term y) { return -1 * exp(y); }},
    {"softplus", [](Term y) { return exp(-1 * y); }},
    {"softsign", [](Term y) { return -2 * y("sign") * (1 - y("abs")); }},
    {"silu", silu_curve},
    {"gelu", gelu_curve},
    {"gelu_tanh", gelu_tanh_curve},
    {"mish", mish_curve},
};

}  // namespace

Value plain_curve(Graph& g, std::string_view function, Value v) {
  const auto found = kCurves.find(function);
  return found == kCurves.end() ? Value{} : found->second({&g, v}).value;
}

}  // namespace lamina
