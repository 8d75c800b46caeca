// Functions of every element that the kernels `activate` and `activation_gradient` compute. The enumeration is closed, so
// that a tier or a reference that lacks one does not compile.
#ifndef ACTIVATION_FUNCTIONS_H
#define ACTIVATION_FUNCTIONS_H

#define SWIFT_CASE(name) __attribute__((swift_name(#name)))

typedef enum __attribute__((enum_extensibility(closed))) {
  // x / 2 * (1 + erf(x / sqrt(2)))
  activation_gelu SWIFT_CASE(gelu),
  // 1 / (1 + e^-x)
  activation_sigmoid SWIFT_CASE(sigmoid),
  // x / (1 + e^-x)
  activation_silu SWIFT_CASE(silu),
  // min(max(x / 6 + 1 / 2, 0), 1)
  activation_hard_sigmoid SWIFT_CASE(hardSigmoid),
  // x * min(max(x / 6 + 1 / 2, 0), 1)
  activation_hard_swish SWIFT_CASE(hardSwish),
  // x / (1 + e^(-1.702 x))
  activation_quick_gelu SWIFT_CASE(quickGELU),
  activation_tanh SWIFT_CASE(tanh),
  // x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
  activation_tanh_gelu SWIFT_CASE(tanhGELU),
} activation_function;

enum { activation_function_count = activation_tanh_gelu + 1 };

#endif
