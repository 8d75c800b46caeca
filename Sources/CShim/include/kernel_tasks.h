// Arguments of the kernels. Plain C structs, so that code compiled for different instruction sets shares them without
// emitting any Swift metadata that a linker could merge across instruction sets.
#ifndef KERNEL_TASKS_H
#define KERNEL_TASKS_H

#include <stdint.h>

// A stretch of the reduction dimension that is contiguous in the input (see ReductionLayout.Run).
typedef struct {
  intptr_t offset;     // bytes from a pixel's first activation to the run's first
  intptr_t groups;     // groups of 4 elements, the last one padded
  intptr_t length;     // elements
  intptr_t scale;      // added to a row's scale index
  intptr_t ends_block; // 1 = the Int32 sums are scaled and accumulated after this run
} gemm_run;

// output[r, n] = clamp(weight_scale[n] * sum over blocks(scale[r, block] * dot) + bias[n] + residual[r, n])
typedef struct {
  const void *activations;        // quantized (int8 kernels) or Float (float kernels)
  const intptr_t *row_offsets;    // [rows] bytes from `activations` to the first activation of each output pixel
  const intptr_t *row_scales;     // [rows] index into `scales`; unused by float kernels
  const float *scales;            // activation scales; unused by float kernels
  const gemm_run *runs;
  intptr_t run_count;
  intptr_t blocks;
  const void *weights;            // panels, see PanelLayout
  intptr_t panel_stride;          // bytes from panel to panel
  const float *weight_scales;     // [panels * 16]; unused by float kernels
  const float *bias;              // [panels * 16]
  const int32_t *column_sums;     // [panels][blocks][16]; unused by float kernels
  int32_t zero_point;             // activation value that stands for 0: 0 or 128
  float *output;                  // [rows, output_stride]
  intptr_t output_stride;         // Floats
  const float *residual;          // null, or [rows, residual_stride]
  intptr_t residual_stride;       // Floats
  intptr_t rows;
  intptr_t first_column, end_column;  // first_column is a multiple of 32
  float lower, upper;             // activation bounds, infinities where there are none
} gemm_task;

// One tile of a GEMM's output, and the scratch memory that all tiles of a task use in turn.
typedef struct {
  intptr_t row, rows;         // first row, rows that are stored
  intptr_t column;            // first column
  intptr_t is_wide;           // 1: two vectors of columns hold channels
  const void **activations;   // [tile rows] each row's first activation
  intptr_t *scale_index;      // [tile rows] each row's first scale
  float *sums;                // [tile rows, two vectors]
} gemm_tile;

// Quantizes Float [height, width, channels] into zero-padded rows of groups of 4.
typedef struct {
  const float *input;
  intptr_t height, width, channels;
  intptr_t top, left, bottom, right;  // padding, in pixels
  void *output;                       // [top+height+bottom, left+width+right, padded channels]
  float *scales;                      // [padded pixels, blocks]; one value per tensor where tensor_scale > 0
  intptr_t blocks;                    // blocks of 256 channels
  intptr_t is_signed;                 // 0: input >= 0, levels 0...255; 1: levels -127...127 around the zero point
  float tensor_scale;                 // > 0: every pixel uses this scale
  intptr_t channel_stride;            // stored channels per pixel
  intptr_t first_row, end_row;        // padded rows to write
} quantize_task;

// Convolution of each channel with its own kernel.
typedef struct {
  const float *input;
  intptr_t height, width, channels;
  intptr_t kernel_height, kernel_width, stride, top, left;
  const int8_t *weights;              // [kernel_height * kernel_width, channels rounded up to 16], or null
  const float *float_weights;         // the same in Float, or null
  const float *weight_scales;         // [channels rounded up to 16]; unused with float_weights
  const float *bias;                  // [channels rounded up to 16]
  float *output;                      // [output_height, output_width, channels]
  intptr_t output_height, output_width;
  intptr_t first_row, end_row;        // output rows to write
  float lower, upper;
} depthwise_task;

typedef struct {
  const float *input;
  intptr_t height, width, channels;
  intptr_t kernel_height, kernel_width, stride, top, left;
  float *output;
  intptr_t output_height, output_width;
  intptr_t first_row, end_row;
} max_pool_task;

// Bilinear enlargement of one plane, half-pixel centres, edges clamped.
typedef struct {
  const float *input;
  intptr_t height, width;
  float *output;
  intptr_t output_height, output_width;
  intptr_t accumulate;                // 1: adds to the output
} bilinear_task;

#endif
