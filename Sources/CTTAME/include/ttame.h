// libttame: classifies a picture and shows where the classifier looked, in one forward pass on the CPU.
//
//   ttame_model *model;
//   ttame_session *session;
//   ttame_image *image, *overlay;
//   ttame_answer *answer;
//   ttame_model_open("efficientnet-lite0.safetensors", &model, NULL);
//   ttame_session_open(model, 0, NULL, &session, NULL);
//   ttame_image_decode(bytes, count, &image, NULL);
//   ttame_explain(session, image, NULL, 1, &answer, NULL);
//   ttame_answer_draw(answer, 0, NULL, NULL, -1, &overlay, NULL);
//
// Errors. A function that can fail returns a status, and writes one line of text to `error` unless that is null. It sets the
// object that it makes to null then. A wrong argument (a null pointer, a negative size, an index that does not exist) is
// TTAME_ARGUMENT, never a crash. A pointer that is neither null nor an object of the right kind is not noticed.
//
// Objects. Whoever opens or gets an object closes it, once; closing null does nothing. The order does not matter: an object
// keeps what it needs of others.
//
// Threads. Models, images and answers never change, and any number of threads may use one. A session answers one call at a time:
// TTAME_BUSY is the answer to a second. Use one session per thread; they share the model's weights. There is no global state that a
// caller could change.
//
// Files. A model is mapped into memory: a file that is cut short while a model of it is open ends the process (SIGBUS), so replace
// models by renaming.
#ifndef TTAME_H
#define TTAME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  TTAME_OK = 0,
  TTAME_ARGUMENT = 1,     // an argument is wrong
  TTAME_FILE = 2,         // a file cannot be read
  TTAME_MODEL = 3,        // a file is no model, or a damaged one
  TTAME_IMAGE = 4,        // bytes are no picture, or a damaged one, or one beyond 64 Mpixel or 16384 a side
  TTAME_CLASS = 5,        // the model has no such class, or several
  TTAME_UNSUPPORTED = 6,  // the model lacks what the method reads, such as a head
  TTAME_MEMORY = 7,       // memory that cannot be had
  TTAME_NOT_FINITE = 8,   // the network computed a value that is not finite
  TTAME_BUSY = 9,         // the session is answering another call
} ttame_status;

// One line about what failed, in UTF-8.
typedef struct {
  char text[512];
} ttame_error;

typedef struct ttame_model ttame_model;
typedef struct ttame_session ttame_session;
typedef struct ttame_image ttame_image;
typedef struct ttame_answer ttame_answer;
typedef struct ttame_bytes ttame_bytes;

// Such as "0.1.0 (45741d2abcde)". Valid for ever.
const char *ttame_version(void);

// ---- Models -----------------------------------------------------------------------------------------------------------------

// Maps a model file of ttame-lite. Weights are read when they are used first.
ttame_status ttame_model_open(const char *path, ttame_model **model, ttame_error *error);
void ttame_model_close(ttame_model *model);

// Such as "efficientnet-lite0"; null for null. Valid while the model is open.
const char *ttame_model_name(const ttame_model *model);

// How many classes there are; 0 for null.
int32_t ttame_model_classes(const ttame_model *model);

// The label of a class, "class 7" in a model without labels; null for an index that does not exist. Valid while the model is open.
const char *ttame_model_label(const ttame_model *model, int32_t index);

// The class that a name means: an index, a label, one of a label's names, a part of one, or a WordNet id of ImageNet.
ttame_status ttame_model_find_class(const ttame_model *model, const char *name, int32_t *index, ttame_error *error);

// ---- Pictures ---------------------------------------------------------------------------------------------------------------

// Decodes a PNG, JPEG, PNM or PAM file: 8-bit RGB, upright, transparent pixels over white.
ttame_status ttame_image_decode(const void *bytes, size_t count, ttame_image **image, ttame_error *error);

// Copies 8-bit RGB pixels, the upper row first. `stride` is the bytes from one row to the next, or 0 for 3 * width.
ttame_status ttame_image_create(
    const uint8_t *rgb, int32_t width, int32_t height, ptrdiff_t stride, ttame_image **image, ttame_error *error);
void ttame_image_close(ttame_image *image);

// In pixels; 0 for null.
int32_t ttame_image_width(const ttame_image *image);
int32_t ttame_image_height(const ttame_image *image);

// Copies the pixels out, the upper row first: `stride` as above, `count` the bytes that `rgb` has room for.
ttame_status ttame_image_pixels(
    const ttame_image *image, uint8_t *rgb, size_t count, ptrdiff_t stride, ttame_error *error);

// Encodes a picture: `format` is "png", "jpg" or "ppm".
ttame_status ttame_image_encode(const ttame_image *image, const char *format, ttame_bytes **bytes, ttame_error *error);

// Null and 0 for null. Valid until the bytes are closed.
const void *ttame_bytes_data(const ttame_bytes *bytes);
size_t ttame_bytes_count(const ttame_bytes *bytes);
void ttame_bytes_close(ttame_bytes *bytes);

// ---- Sessions ---------------------------------------------------------------------------------------------------------------

// Makes a model ready to run.
//
// threads: 1 to 1024, or 0 for as many as are useful. More than one start with the session and end with it.
// method:  as `ttame-lite explain --method` names it, such as "gradcam"; null for the model's head.
ttame_status ttame_session_open(
    const ttame_model *model, int32_t threads, const char *method, ttame_session **session, ttame_error *error);
void ttame_session_close(ttame_session *session);

// Classifies a picture. The answer has no maps.
ttame_status ttame_classify(
    ttame_session *session, const ttame_image *image, ttame_answer **answer, ttame_error *error);

// Classifies a picture and explains classes of it, each with a map: those in `classes`, or with null the `count` most probable.
ttame_status ttame_explain(
    ttame_session *session, const ttame_image *image, const int32_t *classes, size_t count, ttame_answer **answer,
    ttame_error *error);

// ---- Answers ----------------------------------------------------------------------------------------------------------------

void ttame_answer_close(ttame_answer *answer);

// One for each class, in [0, 1]. `count` is the room in `values`, at least the number of classes.
ttame_status ttame_answer_probabilities(
    const ttame_answer *answer, float *values, size_t count, ttame_error *error);
ttame_status ttame_answer_logits(const ttame_answer *answer, float *values, size_t count, ttame_error *error);

// The `count` most probable classes, the most probable first.
ttame_status ttame_answer_ranking(const ttame_answer *answer, int32_t *classes, size_t count, ttame_error *error);

// Whether the picture is of any of the classes: 1 or 0; -1 where the model cannot tell, which only taught ones can, and for null.
int32_t ttame_answer_known(const ttame_answer *answer);

// How many maps there are; 0 for null.
size_t ttame_answer_maps(const ttame_answer *answer);

// The class of a map; -1 for one that does not exist.
int32_t ttame_answer_map_class(const ttame_answer *answer, size_t map);

// The saliency of every pixel of the picture, [height, width], 0 to 1. `count` is the room in `values`.
ttame_status ttame_answer_saliency(
    const ttame_answer *answer, size_t map, float *values, size_t count, ttame_error *error);

// A map in the method's own resolution and scale, [height, width]. With null for `values`, the size alone.
ttame_status ttame_answer_map(
    const ttame_answer *answer, size_t map, float *values, size_t count, int32_t *width, int32_t *height,
    ttame_error *error);

// Draws a map as `ttame-lite explain` does.
//
// style:    "overlay", "heatmap", "mask" or "masked"; null for an overlay.
// colormap: "turbo", "jet", "viridis", "inferno" or "gray"; null for turbo.
// alpha:    the opacity of the heat in an overlay, 0 to 1; -1 for the usual 0.5.
ttame_status ttame_answer_draw(
    const ttame_answer *answer, size_t map, const char *style, const char *colormap, double alpha, ttame_image **drawing,
    ttame_error *error);

#ifdef __cplusplus
}
#endif

#endif
