// Arguments of the kernels. Plain C structs, so that code compiled for different instruction sets shares them without
// emitting any Swift metadata that a linker could merge across instruction sets.
#ifndef KERNEL_TASKS_H
#define KERNEL_TASKS_H

#include <stdint.h>

// Output channels per panel of weights, and channels that share a scale of activations: see PanelLayout.
enum { panel_width = 16, block_length = 256 };

// A stretch of the reduction dimension that is contiguous in the input (see ReductionLayout.Run).
typedef struct {
  intptr_t offset;     // bytes from a pixel's first activation to the run's first
  intptr_t groups;     // groups of 4 elements, the last one padded
  intptr_t length;     // elements
  intptr_t weights;    // bytes from a panel's start to the run's first weight
  intptr_t scale;      // added to a row's scale index
  intptr_t ends_block; // 1 = the Int32 sums are scaled and accumulated after this run
} gemm_run;

// One row of a GEMM's output. All pointers to columns are those of column 0.
typedef struct {
  const void *activations;          // first activation, quantized (int8 kernels) or Float (float kernels)
  const float *scales;              // first activation scale; unused by float kernels
  float *output;                    // column n: n / 16 * the task's output_panel + n % 16
  const float *residual;            // zeros where there is none
  const uint8_t *residual_levels;   // null, or the residual in quantized form: `residual` is a row of scratch memory then
  const float *residual_scales;     // one per block of 256 columns
} gemm_row;

// Most rows and columns of any instruction set's tile.
enum { gemm_tile_rows = 12, gemm_tile_columns = 32 };

// output[r, n] = clamp(weight_scale[n] * sum over blocks(scale[r, block] * dot) + bias[n] + residual[r, n])
typedef struct {
  const gemm_row *row_data;         // [rows + gemm_tile_rows - 1]; those beyond the last are the last one again
  intptr_t rows;
  const gemm_run *runs;
  intptr_t run_count;
  intptr_t blocks;
  const void *weights;              // panels, see PanelLayout
  intptr_t panel_stride;            // bytes from panel to panel
  const float *weight_scales;       // [panels * 16]; unused by float kernels
  const float *bias;                // [panels * 16]
  const int32_t *column_sums;       // [panels][blocks][16]; unused by float kernels
  int32_t zero_point;               // level that stands for 0: 0 or half the range
  const uint8_t *pairs_fit;         // [panels]: 1 where two groups add up in 16 bits (ReductionLayout.pairsFit); null for nowhere
  intptr_t has_words;               // 1: activations are words of 16 bits, the channels 0 2 1 3 of every group
  intptr_t is_output_cold;          // 1: the output is not expected in the cache
  intptr_t output_panel;            // Floats from 16 columns of a row to the next 16: 16 where they follow each other
  intptr_t residual_step;           // 1: `residual` has columns of its own; 0: every tile reads the same place
  intptr_t first_column, end_column;  // first_column is a multiple of 16
  float lower, upper;               // activation bounds, infinities where there are none
  float *sums;                      // scratch memory: [tile rows, tile columns]
  const float *zeros;               // [tile columns]
} gemm_task;

// One tile of a GEMM's output.
typedef struct {
  intptr_t row, rows;         // first row, rows that are stored
  intptr_t column;            // first column
  intptr_t is_wide;           // 1: two vectors of columns hold channels
  const void *next_weights;   // weights of a later tile, to be fetched into the cache on the way
} gemm_tile;

// Pixels that Winograd's F(2 x 2, 3 x 3) reads for 2 x 2 outputs.
enum { winograd_places = 16 };

// Tiles of 4 x 4 pixels of a quantized image, each 2 pixels from the last, transformed: B'dB in words.
typedef struct {
  const uint8_t *levels;              // [height, width, channels], padding included
  const float *scales;                // [height, width, blocks]
  intptr_t height, width, channels;   // channels: a multiple of 16
  intptr_t blocks;                    // blocks of 256 channels
  int32_t zero_point;                 // level that stands for 0
  int32_t shift;                      // levels times 2^shift fit 13 bits
  intptr_t top, left;                 // pixel of tile 0; what lies beyond the image is zero
  intptr_t tiles_per_row;
  intptr_t first_tile, tiles;
  intptr_t tile_stride;               // tiles of a place in memory, at least `tiles`
  int16_t *output;                    // [winograd_places][tile_stride][channels]
  float *tile_scales;                 // [tiles], to be written: what one of a tile's words stands for
} winograd_input_task;

// output[pixel, n] = clamp(weight_scale[n] * tile_scale * A'(sum over channels(input * weights))A + bias[n] + residual)
typedef struct {
  const int16_t *input;               // [winograd_places][tile_stride][channels]
  const float *tile_scales;           // [tiles]
  intptr_t channels;                  // a multiple of 16
  intptr_t tiles, tile_stride;        // tile_stride: a multiple of winograd_tile_rows, with room for its last
  intptr_t tiles_per_row;
  const int16_t *weights;             // [panels][winograd_places][channels / 2][16][2]
  const float *weight_scales, *bias;  // [panels * 16]
  intptr_t first_column, end_column;  // multiples of 16
  float *output;                      // pixel 0, column 0 of [height, width] pixels
  intptr_t output_stride;             // Floats from pixel to pixel
  intptr_t height, width;
  const float *residual;              // null, or Floats of pixel 0, column 0
  const uint8_t *residual_levels;     // null, or levels that are never negative
  const float *residual_scales;       // [pixels][residual_blocks]
  intptr_t residual_stride, residual_blocks;  // Floats or levels from pixel to pixel; scales, likewise
  float lower, upper;                 // activation bounds, infinities where there are none
  int32_t *sums;                      // scratch memory: [winograd_places][tile_stride][16]
} winograd_products_task;

// Most tiles that are multiplied at a time.
enum { winograd_tile_rows = 6 };

// Quantizes pixels of a Float tensor into zero-padded rows of groups of 4.
typedef struct {
  const float *input;                 // first pixel, first channel of the first block
  intptr_t input_stride;              // Floats from pixel to pixel
  intptr_t height, width, channels;   // of the whole tensor
  intptr_t top, left, bottom, right;  // padding, in pixels
  uint8_t *output;                    // [top+height+bottom, left+width+right, channel_stride]
  intptr_t channel_stride;            // stored channels per pixel
  float *scales;                      // [padded pixels, blocks], to be written unless there is a tensor_scale
  intptr_t blocks;                    // blocks of 256 channels
  float tensor_scale;                 // > 0: every pixel uses this scale
  float largest_level;                // a scale maps its largest magnitude to this level
  int32_t zero_point;                 // added to all levels
  intptr_t first_pixel, end_pixel;    // pixels to write, without padding
  intptr_t first_block, end_block;    // blocks to write
} quantize_task;

// Convolution of each channel with its own kernel, for some rows of output and some channels.
typedef struct {
  // By row, from the first that the first output row's window sees: the first pixel that its first tap sees, padding
  // included, as [pixels][16]; null for rows above or below the image, which count as zeros.
  const float *const *rows;
  intptr_t panel_stride;              // Floats from a row's 16 channels to its next 16
  intptr_t channels;                  // a multiple of 16
  intptr_t kernel_height, kernel_width;
  intptr_t stride, dilation_height, dilation_width;
  const float *weights;               // [channels / 16][kernel_height * kernel_width][16]
  const float *bias;                  // [channels]
  float *output;                      // [output_height, output_width] pixels
  intptr_t output_stride;             // Floats from pixel to pixel of the output
  intptr_t output_height, output_width;
  float lower, upper;
} depthwise_task;

// One value a channel of every window.
typedef struct {
  const float *input;
  intptr_t height, width, channels;
  intptr_t kernel_height, kernel_width, stride, top, left;
  float *output;                      // [output_height, output_width, channels]
  intptr_t output_height, output_width;
  intptr_t first_row, end_row;        // output rows to write
} pool_task;

// Bilinear enlargement of one plane, half-pixel centres, edges clamped.
typedef struct {
  const float *input;
  intptr_t height, width;
  float *output;
  intptr_t output_height, output_width;
  intptr_t accumulate;                // 1: adds to the output
} bilinear_task;

// Bits of a resampling weight behind the point.
enum { resample_fraction_bits = 22 };

// Resamples rows of pixels of three bytes along the row, rounded to nearest and kept within 0...255.
typedef struct {
  const uint8_t *input;               // row 0, pixel 0
  intptr_t input_stride;              // bytes from row to row
  intptr_t width;                     // pixels of an input row
  intptr_t rows;
  const int32_t *first;               // [columns] the input pixel of a column's first weight
  const int32_t *weights;             // [columns, taps]; 0 for pixels beyond the row
  intptr_t taps, columns;
  uint8_t *output;                    // [rows, columns, 3]
} resample_rows_task;

// One row of bytes from `taps` rows, rounded to nearest and kept within 0...255.
typedef struct {
  const uint8_t *input;               // the first of the rows
  intptr_t input_stride;              // bytes from row to row
  const int32_t *weights;             // [taps]
  intptr_t taps, count;               // bytes of a row
  uint8_t *output;                    // [count]
} resample_columns_task;

// What a level of a map does to a pixel: every channel becomes (sample * kept + added) / 256, rounded down.
typedef struct {
  uint16_t added[4];                  // red, green, blue, and one that is not read
  uint16_t kept[4];
} pixel_blend;

#endif
