// The kernels of one instruction-set tier: the only list of them. A tier fills it in Tier/KernelFunctions.swift, the scalar
// reference in Reference/ReferenceFunctions.swift.
// A plain C struct, so that tiers share no Swift metadata (see kernel_tasks.h).
#ifndef KERNEL_FUNCTIONS_H
#define KERNEL_FUNCTIONS_H

#include <stdint.h>

#include "activation_functions.h"
#include "kernel_tasks.h"
#include "training_tasks.h"

#define SWIFT_FIELD(name) __attribute__((swift_name(#name)))

#pragma clang assume_nonnull begin

typedef struct {
  // Most output pixels that one tile of a GEMM computes.
  intptr_t tile_rows SWIFT_FIELD(tileRows);
  // Bits of the levels of activations that are never negative: 7 or 8.
  intptr_t activation_bits SWIFT_FIELD(activationBits);
  // 1: levels are stored as signed bytes.
  intptr_t stores_signed SWIFT_FIELD(storesSigned);

  void (*gemm_int8)(const gemm_task *task) SWIFT_FIELD(gemmInt8);
  void (*gemm_float)(const gemm_task *task) SWIFT_FIELD(gemmFloat);
  // Null where bytes are multiplied so fast that words gain nothing.
  // Four times G g G' of a panel of 3 x 3 kernels: int8 [9][groups][16][4] to words [winograd_places][2 * groups][16][2]. Returns
  // the largest sum of magnitudes of an output's weights.
  int32_t (*_Nullable winograd_weights)(const int8_t *weights, intptr_t groups, int16_t *words)
      SWIFT_FIELD(winogradWeights);
  void (*_Nullable winograd_input)(const winograd_input_task *task) SWIFT_FIELD(winogradInput);
  void (*_Nullable winograd_products)(const winograd_products_task *task) SWIFT_FIELD(winogradProducts);
  void (*quantize)(const quantize_task *task);
  float (*largest_magnitude)(const float *values, intptr_t count) SWIFT_FIELD(largestMagnitude);
  void (*depthwise)(const depthwise_task *task);
  void (*max_pool)(const pool_task *task) SWIFT_FIELD(maxPool);
  // counts_padding: 1: sums are divided by the kernel's area; 0: by the window's pixels in the image.
  void (*average_pool)(const pool_task *task, intptr_t counts_padding) SWIFT_FIELD(averagePool);
  // Means of the channels first ..< end over [pixels, channels].
  void (*global_average_pool)(const float *input, intptr_t pixels, intptr_t channels, float *output, intptr_t first,
                              intptr_t end) SWIFT_FIELD(globalAveragePool);
  // output = clamp(a + b), with nothing for a null b; output may be a or b.
  void (*add_clamped)(const float *a, const float *_Nullable b, float *output, intptr_t count, float lower,
                      float upper) SWIFT_FIELD(addClamped);
  float (*dot)(const float *a, const float *b, intptr_t count);
  // In place.
  void (*softmax)(float *values, intptr_t count);
  void (*bilinear)(const bilinear_task *task);
  void (*resample_rows)(const resample_rows_task *task) SWIFT_FIELD(resampleRows);
  void (*resample_columns)(const resample_columns_task *task) SWIFT_FIELD(resampleColumns);
  // levels = 255 * values, rounded to nearest, for values of 0...1.
  void (*round_to_levels)(const float *values, uint8_t *levels, intptr_t count) SWIFT_FIELD(roundToLevels);
  // Pixels of three bytes, in place; `blends` has one entry for each of 256 levels.
  void (*blend_pixels)(const uint8_t *levels, const pixel_blend *blends, uint8_t *pixels, intptr_t count)
      SWIFT_FIELD(blendPixels);
  // Over the channels of every row of [rows, channels].
  void (*layer_norm)(const float *input, intptr_t rows, intptr_t channels, float epsilon, const float *weight,
                     const float *bias, float *output) SWIFT_FIELD(layerNorm);
  // output = input * factors[channel], all [rows, channels]; output may be input.
  void (*multiply)(const float *input, const float *factors, float *output, intptr_t rows, intptr_t channels);
  // output = values where signs > 0, values * slopes[channel] elsewhere, all [rows, channels]; output may be values.
  void (*prelu)(const float *values, const float *signs, const float *slopes, float *output, intptr_t rows,
                intptr_t channels);
  void (*activate)(activation_function function, const float *input, float *output, intptr_t count);

  void (*clamp_gradient)(const float *gradient, const float *output, float *result, intptr_t count, float lower,
                         float upper) SWIFT_FIELD(clampGradient);
  void (*activation_gradient)(activation_function function, const float *gradient, const float *input, float *result,
                              intptr_t count) SWIFT_FIELD(activationGradient);
  void (*softmax_gradient)(const float *gradient, const float *probabilities, float *result, intptr_t count,
                           float scale) SWIFT_FIELD(softmaxGradient);
  void (*layer_norm_gradient)(const float *gradient, const float *input, intptr_t rows, intptr_t channels,
                              float epsilon, const float *weight, float *result) SWIFT_FIELD(layerNormGradient);
  void (*max_pool_gradient)(const max_pool_gradient_task *task) SWIFT_FIELD(maxPoolGradient);
  void (*average_pool_gradient)(const average_pool_gradient_task *task) SWIFT_FIELD(averagePoolGradient);
  void (*depthwise_gradient)(const depthwise_gradient_task *task) SWIFT_FIELD(depthwiseGradient);
  void (*fold_columns)(const fold_task *task) SWIFT_FIELD(foldColumns);
  // The task of the forward pass, with the output's gradient as its output.
  void (*bilinear_gradient)(const bilinear_task *task, float *result) SWIFT_FIELD(bilinearGradient);
  void (*moments)(const moments_task *task);
  void (*normalize)(const normalize_task *task);
  void (*normalize_gradient)(const normalize_gradient_task *task) SWIFT_FIELD(normalizeGradient);
  void (*descend)(const descent_task *task);
  void (*gemm_bfloat16)(const gemm_task *task) SWIFT_FIELD(gemmBFloat16);
  void (*round_to_bfloat16)(const float *input, uint16_t *output, intptr_t count) SWIFT_FIELD(roundToBFloat16);

  // Register-only loops over 128 bytes of operands; the multiply-accumulates done. `sum` depends on all of them.
  intptr_t (*peak_int8)(intptr_t iterations, const void *operands, int32_t *sum) SWIFT_FIELD(peakInt8);
  intptr_t (*peak_float)(intptr_t iterations, const void *operands, float *sum) SWIFT_FIELD(peakFloat);
  // Reads once, in order; the result depends on all bytes.
  int32_t (*read_memory)(const void *memory, intptr_t bytes) SWIFT_FIELD(readMemory);
} kernel_functions;

#pragma clang assume_nonnull end

#endif
