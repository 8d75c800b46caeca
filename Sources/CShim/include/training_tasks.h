// Arguments of the kernels that only training needs. Plain C structs, as in kernel_tasks.h.
#ifndef TRAINING_TASKS_H
#define TRAINING_TASKS_H

#include <stdint.h>

// A window that slid over one image in the forward pass.
typedef struct {
  intptr_t height, width, channels;
  intptr_t kernel_height, kernel_width;
  intptr_t dilation_height, dilation_width;  // pixels from tap to tap
  intptr_t stride, top, left;
  intptr_t output_height, output_width;
} window_shape;

// Input gradient of a maximum over windows: each output's gradient goes to the window's first largest input.
typedef struct {
  window_shape window;
  const float *input;     // [height, width, channels]
  const float *output;    // [output_height, output_width, channels]
  const float *gradient;  // [output_height, output_width, channels]
  float *result;          // [height, width, channels]
  intptr_t first_channel, end_channel;
} max_pool_gradient_task;

// Input gradient of a mean over windows: each pixel gets its share of every output that it took part in.
typedef struct {
  window_shape window;
  const float *gradient;    // [output_height, output_width, channels]
  float *result;            // [height, width, channels]
  intptr_t counts_padding;  // as in the forward pass
  intptr_t first_row, end_row;
} average_pool_gradient_task;

// Input gradient of a depthwise convolution.
typedef struct {
  window_shape window;
  const float *weights;   // [kernel_height * kernel_width, channels rounded up to 16]
  const float *gradient;  // [output_height, output_width, channels]
  float *result;          // [height, width, channels]
  intptr_t first_row, end_row;
} depthwise_gradient_task;

// The transpose of im2col: every pixel becomes the sum of the window elements that showed it.
typedef struct {
  window_shape window;
  const float *columns;   // [output_height, output_width, kernel_height, kernel_width, channels]
  float *result;          // [height, width, channels]
  intptr_t first_row, end_row;
} fold_task;

// Sums over rows: sum[c] += a - a_center, product[c] += (a - a_center) * (b - b_center).
typedef struct {
  const float *a;         // [rows, channels]
  const float *b;         // [rows, channels]
  const float *a_center;  // [channels], or null for zero
  const float *b_center;  // [channels], or null for zero
  intptr_t rows, channels;
  intptr_t first_channel, end_channel;
  float *sum;             // [channels], added to
  float *product;         // [channels], added to
} moments_task;

// output = max(0, input * scale[c] + shift[c] + skip)
typedef struct {
  const float *input;     // [rows, channels]
  const float *scale;     // [channels]
  const float *shift;     // [channels]
  const float *skip;      // [rows, channels]
  float *output;          // [rows, channels]
  intptr_t rows, channels;
} normalize_task;

// Input gradient of batch normalisation: result = gradient * scale[c] + (input - center[c]) * slope[c] + shift[c].
typedef struct {
  const float *gradient;  // [rows, channels]
  const float *input;     // [rows, channels]
  const float *center;    // [channels]
  const float *scale;     // [channels]
  const float *slope;     // [channels]
  const float *shift;     // [channels]
  float *result;          // [rows, channels]; may be `gradient`
  intptr_t rows, channels;
} normalize_gradient_task;

// One step of stochastic gradient descent with Nesterov momentum.
typedef struct {
  float *values;
  float *velocity;
  const float *gradient;  // null where it is zero
  intptr_t count;
  float rate, momentum, decay;
} descent_task;

#endif
