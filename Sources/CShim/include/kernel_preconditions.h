// What the kernels demand of their callers. These run in every build, once a call: -Ounchecked takes Swift's own
// preconditions as given. The reference and all tiers begin with them.
#ifndef KERNEL_PRECONDITIONS_H
#define KERNEL_PRECONDITIONS_H

#include <stdint.h>

#include "kernel_tasks.h"
#include "training_tasks.h"

// Ends the process with one line on standard error and status 70 (EX_SOFTWARE of sysexits(3)).
_Noreturn void shim_broken_precondition(const char *what) __attribute__((cold));

#define REQUIRE(condition) ((condition) ? (void)0 : shim_broken_precondition(#condition))

// A part of 0 ..< count.
#define REQUIRE_PART(first, end, count) REQUIRE(0 <= (first) && (first) <= (end) && (end) <= (count))

static inline void require_gemm(const gemm_task *task) {
  REQUIRE(task->rows > 0);
  REQUIRE(task->run_count > 0);
  REQUIRE(task->first_column >= 0 && task->first_column % panel_width == 0);
  REQUIRE(task->first_column < task->end_column);
  REQUIRE(task->panel_stride > 0);
  REQUIRE(task->output_panel >= panel_width);
  REQUIRE(task->residual_step == 0 || task->residual_step == 1);
}

static inline void require_gemm_int8(const gemm_task *task) {
  require_gemm(task);
  REQUIRE(task->blocks > 0);
  REQUIRE(task->runs[task->run_count - 1].ends_block != 0);
  REQUIRE(task->weight_scales != 0 && task->column_sums != 0);
}

static inline void require_winograd_weights(intptr_t groups) { REQUIRE(groups > 0); }

static inline void require_winograd_input(const winograd_input_task *task) {
  REQUIRE(task->height > 0 && task->width > 0);
  REQUIRE(task->channels > 0 && task->channels % panel_width == 0);
  REQUIRE(task->blocks == (task->channels + block_length - 1) / block_length);
  REQUIRE(task->shift >= 0 && task->shift <= 5);
  REQUIRE(task->top >= 0 && task->left >= 0 && task->tiles_per_row > 0 && task->first_tile >= 0);
  REQUIRE(task->tiles > 0 && task->tiles <= task->tile_stride);
}

static inline void require_winograd_products(const winograd_products_task *task) {
  REQUIRE(task->channels > 0 && task->channels % panel_width == 0);
  REQUIRE(task->tiles > 0 && task->tiles <= task->tile_stride && task->tile_stride % winograd_tile_rows == 0);
  REQUIRE(task->first_column % panel_width == 0 && task->end_column % panel_width == 0);
  REQUIRE(0 <= task->first_column && task->first_column < task->end_column);
  REQUIRE(task->tiles_per_row > 0 && task->tiles_per_row == (task->width + 1) / 2);
  REQUIRE(task->tiles == (task->height + 1) / 2 * task->tiles_per_row);
  REQUIRE(task->residual == 0 || task->residual_levels == 0);
}

static inline void require_quantize(const quantize_task *task) {
  REQUIRE(task->height > 0 && task->width > 0 && task->channels > 0);
  REQUIRE(task->top >= 0 && task->left >= 0 && task->bottom >= 0 && task->right >= 0);
  REQUIRE(task->channel_stride % 4 == 0 && task->channel_stride >= task->channels);
  REQUIRE(task->tensor_scale != 0 || task->blocks == (task->channels + block_length - 1) / block_length);
  REQUIRE(task->largest_level > 0);
  REQUIRE_PART(task->first_pixel, task->end_pixel, task->height * task->width);
  REQUIRE_PART(task->first_block, task->end_block, (task->channels + block_length - 1) / block_length);
}

// Every window reaches into the image.
static inline void require_window(const window_shape *window) {
  REQUIRE(window->channels > 0 && window->stride > 0);
  REQUIRE(window->kernel_height > 0 && window->kernel_width > 0);
  REQUIRE(window->dilation_height > 0 && window->dilation_width > 0);
  REQUIRE(0 <= window->top && window->top <= (window->kernel_height - 1) * window->dilation_height);
  REQUIRE(0 <= window->left && window->left <= (window->kernel_width - 1) * window->dilation_width);
  REQUIRE(window->output_height > 0 && window->output_width > 0);
  REQUIRE((window->output_height - 1) * window->stride - window->top < window->height);
  REQUIRE((window->output_width - 1) * window->stride - window->left < window->width);
}

static inline void require_depthwise(const depthwise_task *task) {
  REQUIRE(task->channels > 0 && task->channels % panel_width == 0);
  REQUIRE(task->panel_stride >= panel_width && task->output_stride >= task->channels);
  REQUIRE(task->kernel_height > 0 && task->kernel_width > 0 && task->stride > 0);
  REQUIRE(task->dilation_height > 0 && task->dilation_width > 0);
  REQUIRE(task->output_height > 0 && task->output_width > 0);
}

static inline void require_pool(const pool_task *task) {
  const window_shape window = {task->height, task->width, task->channels, task->kernel_height, task->kernel_width, 1, 1,
                               task->stride, task->top,   task->left,     task->output_height, task->output_width};
  require_window(&window);
  REQUIRE_PART(task->first_row, task->end_row, task->output_height);
}

static inline void require_global_average_pool(intptr_t pixels, intptr_t channels, intptr_t first, intptr_t end) {
  REQUIRE(pixels > 0);
  REQUIRE_PART(first, end, channels);
}

static inline void require_softmax(intptr_t count) { REQUIRE(count > 0); }

static inline void require_rows(intptr_t rows, intptr_t channels) { REQUIRE(rows >= 0 && channels > 0); }

static inline void require_bilinear(const bilinear_task *task) {
  REQUIRE(task->height > 0 && task->width > 0);
  REQUIRE(task->output_height > 0 && task->output_width > 0);
}

static inline void require_resample_rows(const resample_rows_task *task) {
  REQUIRE(task->width > 0 && task->rows > 0 && task->columns > 0 && task->taps > 0);
  REQUIRE(task->input_stride >= 3 * task->width);
  // The axis is ordered: no column reads before the first or behind the last.
  REQUIRE(0 <= task->first[0] && task->first[task->columns - 1] < task->width);
}

static inline void require_resample_columns(const resample_columns_task *task) {
  REQUIRE(task->taps > 0 && task->count > 0);
  REQUIRE(task->input_stride >= task->count);
}

static inline void require_pixels(intptr_t count) { REQUIRE(count >= 0); }

static inline void require_window_without_gaps(const window_shape *window) {
  require_window(window);
  REQUIRE(window->dilation_height == 1 && window->dilation_width == 1);
}

static inline void require_max_pool_gradient(const max_pool_gradient_task *task) {
  require_window_without_gaps(&task->window);
  REQUIRE_PART(task->first_channel, task->end_channel, task->window.channels);
}

static inline void require_average_pool_gradient(const average_pool_gradient_task *task) {
  require_window_without_gaps(&task->window);
  REQUIRE_PART(task->first_row, task->end_row, task->window.height);
}

static inline void require_depthwise_gradient(const depthwise_gradient_task *task) {
  require_window(&task->window);
  REQUIRE_PART(task->first_row, task->end_row, task->window.height);
}

static inline void require_fold(const fold_task *task) {
  require_window(&task->window);
  REQUIRE_PART(task->first_row, task->end_row, task->window.height);
}

static inline void require_moments(const moments_task *task) {
  require_rows(task->rows, task->channels);
  REQUIRE_PART(task->first_channel, task->end_channel, task->channels);
}

#endif
