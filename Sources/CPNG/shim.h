// What Swift cannot do with libpng: catch its errors, which arrive by longjmp and must not cross a Swift frame.
// Each function here runs libpng from creation to destruction and answers 0, or 1 with `message` filled in.

#ifndef CPNG_SHIM_H
#define CPNG_SHIM_H

#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/// A block of memory that libpng reads from or writes to, and where its error goes.
typedef struct {
  uint8_t *bytes;
  size_t size;
  size_t position;
  /// Set when a read or a write went past `size`.
  int exhausted;
  /// Of 16-bit samples: the largest that was decoded, and the one that becomes 255; with 0 the high byte is taken.
  uint32_t largest;
  uint32_t maximum;
  char message[128];
} cpng_memory;

static inline void cpng_fail(png_structp png, png_const_charp message) {
  cpng_memory *memory = (cpng_memory *)png_get_error_ptr(png);
  strncpy(memory->message, message, sizeof memory->message - 1);
  png_longjmp(png, 1);
}

static inline void cpng_ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static inline uint8_t *cpng_advance(png_structp png, size_t count) {
  cpng_memory *memory = (cpng_memory *)png_get_io_ptr(png);
  if (count > memory->size - memory->position) {
    memory->exhausted = 1;
    png_error(png, "out of memory block");
  }
  uint8_t *at = memory->bytes + memory->position;
  memory->position += count;
  return at;
}

static inline void cpng_read(png_structp png, png_bytep to, size_t count) {
  memcpy(to, cpng_advance(png, count), count);
}

static inline void cpng_write(png_structp png, png_bytep from, size_t count) {
  memcpy(cpng_advance(png, count), from, count);
}

static inline void cpng_flush(png_structp png) { (void)png; }

/// Turns a row of 16-bit samples into one of 8 bits.
static inline void cpng_narrow(cpng_memory *memory, const uint8_t *wide, uint8_t *row, size_t samples) {
  for (size_t i = 0; i < samples; i++) {
    uint32_t sample = (uint32_t)wide[2 * i] << 8 | wide[2 * i + 1];
    if (sample > memory->largest) memory->largest = sample;
    if (memory->maximum == 0) {
      row[i] = wide[2 * i];
    } else {
      uint32_t level = (sample * 255 + memory->maximum / 2) / memory->maximum;
      row[i] = level > 255 ? 255 : (uint8_t)level;
    }
  }
}

/// Decodes any PNG of exactly `width` x `height` pixels to RGB8 over white; `pixels` holds 3 * width * height bytes.
///
/// No ancillary chunk but tRNS is interpreted: colours are taken as they are stored, whatever gAMA, iCCP or sBIT say.
static inline int cpng_decode(cpng_memory *memory, uint32_t width, uint32_t height, uint8_t *pixels) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, memory, cpng_fail, cpng_ignore);
  if (png == NULL) return 1;
  png_infop info = png_create_info_struct(png);
  // One row of 16-bit samples, or all where they come in passes.
  uint8_t *volatile wide = NULL;
  if (info == NULL || setjmp(png_jmpbuf(png))) {
    free(wide);
    png_destroy_read_struct(&png, &info, NULL);
    return 1;
  }
  png_set_read_fn(png, memory, cpng_read);
  png_set_user_limits(png, width, height);
  png_set_chunk_cache_max(png, 16);
  png_set_chunk_malloc_max(png, 16 << 20);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);

  png_read_info(png, info);
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
    png_error(png, "IHDR: size changed");
  png_set_expand(png);
  const int is_wide = png_get_bit_depth(png, info) == 16;
  png_set_gray_to_rgb(png);
  if ((png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS)) {
    const uint16_t top = is_wide ? 65535 : 255;
    png_color_16 white = {0, top, top, top, top};
    png_set_background(png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
  }
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const size_t samples = 3 * (size_t)width;
  const size_t stride = is_wide ? 2 * samples : samples;
  if (png_get_rowbytes(png, info) != stride) png_error(png, "IHDR: unexpected row size");
  if (is_wide) {
    wide = malloc(passes > 1 ? stride * height : stride);
    if (wide == NULL) png_error(png, "Out of memory");
  }
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < height; y++) {
      uint8_t *row = !is_wide ? pixels + stride * y : passes > 1 ? wide + stride * y : wide;
      png_read_row(png, row, NULL);
      if (is_wide && pass + 1 == passes) cpng_narrow(memory, row, pixels + samples * y, samples);
    }
  }
  png_read_end(png, NULL);
  free(wide);
  wide = NULL;
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

/// How hard an encoder tries: zlib's level and strategy, and libpng's set of row filters (`PNG_FILTER_...`).
typedef struct {
  int level;
  int strategy;
  int filters;
} cpng_effort;

/// Encodes, behind the contents of a chunk iCCP if there are any, `height` rows of `stride` bytes, 16-bit samples in the byte order of this machine.
static inline int cpng_encode(cpng_memory *memory, uint32_t width, uint32_t height, int color_type, int bit_depth,
                              const uint8_t *rows, size_t stride, cpng_effort effort, const uint8_t *profile,
                              size_t profile_size) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, memory, cpng_fail, cpng_ignore);
  if (png == NULL) return 1;
  png_infop info = png_create_info_struct(png);
  if (info == NULL || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return 1;
  }
  png_set_write_fn(png, memory, cpng_write, cpng_flush);
  png_set_compression_level(png, effort.level);
  png_set_compression_strategy(png, effort.strategy);
  png_set_compression_buffer_size(png, 1 << 16);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, effort.filters);
  png_set_IHDR(png, info, width, height, bit_depth, color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  if (profile_size > 0) png_write_chunk(png, (png_const_bytep)"iCCP", profile, profile_size);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (bit_depth == 16) png_set_swap(png);
#endif
  for (uint32_t y = 0; y < height; y++)
    png_write_row(png, rows + stride * y);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return 0;
}

/// Each byte of a row less the mean, rounded down, of the one a pixel before it and the one above it (PNG, 9.2, filter 3).
/// `above` is null for the first row.
static inline void cpng_filter_average(const uint8_t *restrict row, const uint8_t *restrict above, size_t channels,
                                       size_t count, uint8_t *restrict target) {
  if (above == NULL) {
    for (size_t i = 0; i < channels; i++) target[i] = row[i];
    for (size_t i = channels; i < count; i++) target[i] = (uint8_t)(row[i] - (row[i - channels] >> 1));
    return;
  }
  for (size_t i = 0; i < channels; i++) target[i] = (uint8_t)(row[i] - (above[i] >> 1));
  for (size_t i = channels; i < count; i++) {
    // The mean without a ninth bit, so that vectors hold bytes.
    const uint8_t mean = (uint8_t)((row[i - channels] & above[i]) + ((row[i - channels] ^ above[i]) >> 1));
    target[i] = (uint8_t)(row[i] - mean);
  }
}

/// Writes a PNG whose rows have been filtered and deflated already, behind the contents of a chunk iCCP if there are any.
static inline int cpng_write_deflated(cpng_memory *memory, uint32_t width, uint32_t height, int color_type,
                                      const uint8_t *deflated, size_t size, const uint8_t *profile,
                                      size_t profile_size) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, memory, cpng_fail, cpng_ignore);
  if (png == NULL) return 1;
  png_infop info = png_create_info_struct(png);
  if (info == NULL || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return 1;
  }
  png_set_write_fn(png, memory, cpng_write, cpng_flush);
  png_set_IHDR(png, info, width, height, 8, color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  if (profile_size > 0) png_write_chunk(png, (png_const_bytep)"iCCP", profile, profile_size);
  png_write_chunk(png, (png_const_bytep)"IDAT", deflated, size);
  png_write_chunk(png, (png_const_bytep)"IEND", NULL, 0);
  png_destroy_write_struct(&png, &info);
  return 0;
}

#endif
