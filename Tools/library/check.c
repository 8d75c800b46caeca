// Uses libttame as a program in C does: answers that must agree, several threads, and wrong arguments at random.
// Build it with sanitizers; Tools/library/check.sh does.
//
//   check MODEL PHOTO SECONDS SEED
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ttame.h>
#include <unistd.h>

#define MUST(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "check.c:%d: %s does not hold: %s\n", __LINE__, #condition, error.text); \
      abort(); \
    } \
  } while (0)

enum { threads = 4, rounds = 3 };

static _Thread_local ttame_error error;
static uint8_t *photo_bytes;
static size_t photo_count;
static ttame_model *model;
static ttame_image *photo;
static size_t classes, pixels;

static uint8_t *read_file(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) {
    perror(path);
    exit(66);
  }
  *count = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(*count + 1);
  if (!bytes || fread(bytes, 1, *count, file) != *count) {
    perror(path);
    exit(66);
  }
  fclose(file);
  return bytes;
}

// ---- What every session must answer -----------------------------------------------------------------------------------------

typedef struct {
  float *probabilities, *saliency;
  uint8_t *overlay;
} expected;

static expected answer_with(ttame_session *session) {
  ttame_answer *answer;
  ttame_image *overlay;
  expected result = {malloc(classes * sizeof(float)), malloc(pixels * sizeof(float)), malloc(3 * pixels)};
  MUST(ttame_explain(session, photo, NULL, 2, &answer, &error) == TTAME_OK);
  MUST(ttame_answer_maps(answer) == 2);
  MUST(ttame_answer_probabilities(answer, result.probabilities, classes, &error) == TTAME_OK);
  MUST(ttame_answer_saliency(answer, 0, result.saliency, pixels, &error) == TTAME_OK);
  MUST(ttame_answer_draw(answer, 0, NULL, NULL, -1, &overlay, &error) == TTAME_OK);
  MUST(ttame_image_pixels(overlay, result.overlay, 3 * pixels, 0, &error) == TTAME_OK);
  int32_t best[2];
  MUST(ttame_answer_ranking(answer, best, 2, &error) == TTAME_OK);
  MUST(best[0] == ttame_answer_map_class(answer, 0) && best[1] == ttame_answer_map_class(answer, 1));
  double sum = 0;
  for (size_t i = 0; i < classes; i++) sum += result.probabilities[i];
  MUST(fabs(sum - 1) < 1e-3);
  float most = 0;
  for (size_t i = 0; i < pixels; i++) {
    MUST(result.saliency[i] >= 0 && result.saliency[i] <= 1);
    most = fmaxf(most, result.saliency[i]);
  }
  MUST(most > 0.9f);
  ttame_image_close(overlay);
  ttame_answer_close(answer);
  return result;
}

static void release(expected result) {
  free(result.probabilities);
  free(result.saliency);
  free(result.overlay);
}

static void *use_own_session(void *argument) {
  const expected *first = argument;
  ttame_session *session;
  MUST(ttame_session_open(model, 1 + rand() % 2, NULL, &session, &error) == TTAME_OK);
  for (int round = 0; round < rounds; round++) {
    expected own = answer_with(session);
    MUST(memcmp(own.probabilities, first->probabilities, classes * sizeof(float)) == 0);
    MUST(memcmp(own.saliency, first->saliency, pixels * sizeof(float)) == 0);
    MUST(memcmp(own.overlay, first->overlay, 3 * pixels) == 0);
    release(own);
  }
  ttame_session_close(session);
  return NULL;
}

static ttame_session *shared_session;

static void *use_shared_session(void *argument) {
  (void)argument;
  for (int round = 0; round < rounds; round++) {
    ttame_answer *answer;
    ttame_status status = ttame_classify(shared_session, photo, &answer, &error);
    MUST((status == TTAME_OK && answer) || (status == TTAME_BUSY && !answer));
    ttame_answer_close(answer);
  }
  return NULL;
}

static void run_threads(void *(*body)(void *), void *argument) {
  pthread_t started[threads];
  for (int i = 0; i < threads; i++) pthread_create(&started[i], NULL, body, argument);
  for (int i = 0; i < threads; i++) pthread_join(started[i], NULL);
}

// ---- Wrong arguments --------------------------------------------------------------------------------------------------------

static uint64_t state;

static uint64_t draw(void) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static bool chance(int one_in) { return draw() % (uint64_t)one_in == 0; }

static int64_t number(void) {
  static const int64_t numbers[] = {
      0, 1, -1, 2, 3, 7, 223, 224, 1000, 16384, 16385, 65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1 << 30,
  };
  return chance(3) ? (int64_t)(draw() % 300) - 20 : numbers[draw() % (sizeof numbers / sizeof *numbers)];
}

static const char *word(void) {
  static const char *const words[] = {
      "overlay", "mask", "masked", "heatmap", "turbo", "gray", "png", "jpg", "ppm", "ttame", "gradcam", "cam", "", "%n%s",
      "\xff\xfe", "panel", "golden retriever", "0", "-1", "99999999999999999999", "n02099601", "lcam", "gradcam@64",
  };
  return chance(6) ? NULL : words[draw() % (sizeof words / sizeof *words)];
}

// A status that can be, with an object exactly where there is no error.
static void consistent(ttame_status status, const void *object) {
  MUST(status >= TTAME_OK && status <= TTAME_BUSY);
  MUST((status == TTAME_OK) == (object != NULL));
}

static void wrong_image(ttame_error *text) {
  ttame_image *image = NULL;
  if (chance(2)) {
    size_t count = chance(2) ? draw() % (photo_count + 1) : photo_count;
    uint8_t *bytes = malloc(count + 1);
    memcpy(bytes, photo_bytes, count);
    for (int i = (int)(draw() % 4); i > 0 && count > 0; i--) {
      size_t reach = chance(2) && count > 64 ? 64 : count;
      bytes[draw() % reach] = (uint8_t)draw();
    }
    consistent(ttame_image_decode(chance(20) ? NULL : bytes, count, &image, text), image);
    free(bytes);
  } else {
    // Where the numbers are possible, so much memory has to be there.
    int64_t width = number(), height = number(), stride = number();
    bool fits = width > 0 && width < 70000 && height > 0 && height < 70000 && width * height <= 100000 && stride >= 0 &&
                stride <= 4 * 1000;
    uint8_t *rgb = fits ? calloc((size_t)height, (size_t)(stride > 3 * width ? stride : 3 * width)) : NULL;
    consistent(ttame_image_create(rgb, (int32_t)width, (int32_t)height, (ptrdiff_t)stride, &image, text), image);
    free(rgb);
  }
  if (!image) return;
  size_t size = 3 * (size_t)ttame_image_width(image) * (size_t)ttame_image_height(image);
  size_t room = chance(3) ? draw() % (size + 10) : size;
  uint8_t *rgb = malloc(room + 1);
  ttame_image_pixels(chance(9) ? NULL : image, chance(9) ? NULL : rgb, room, (ptrdiff_t)(chance(2) ? 0 : number()), text);
  free(rgb);
  ttame_bytes *bytes = NULL;
  consistent(ttame_image_encode(image, word(), &bytes, text), bytes);
  MUST(!bytes || (ttame_bytes_count(bytes) > 8 && ttame_bytes_data(bytes)));
  ttame_bytes_close(bytes);
  ttame_image_close(image);
}

static void wrong_answer(ttame_session *session, ttame_error *text) {
  ttame_answer *answer = NULL;
  int32_t wanted[4];
  for (int i = 0; i < 4; i++) wanted[i] = chance(3) ? (int32_t)number() : (int32_t)(draw() % classes);
  bool named = chance(2);
  size_t count = named ? draw() % 5 : (size_t)number();
  if (!named && count > 20 && count <= classes) count = 20;
  consistent(
      ttame_explain(chance(30) ? NULL : session, chance(30) ? NULL : photo, named ? wanted : NULL, count, &answer, text),
      answer);
  float *values = malloc(pixels * sizeof(float));
  for (int i = 0; i < 6; i++) {
    size_t map = chance(2) ? (size_t)number() : draw() % 3, room = chance(3) ? draw() % pixels : pixels;
    int32_t width = -7, height = -7;
    ttame_image *drawing = NULL;
    switch (draw() % 6) {
      case 0: ttame_answer_probabilities(answer, chance(9) ? NULL : values, chance(2) ? room : 1, text); break;
      case 1: ttame_answer_logits(answer, values, room, text); break;
      case 2: ttame_answer_saliency(answer, map, chance(9) ? NULL : values, room, text); break;
      case 3:
        ttame_answer_map(answer, map, chance(3) ? NULL : values, room, chance(9) ? NULL : &width, &height, text);
        break;
      case 4: {
        static const double alphas[] = {-1, 0, 0.5, 1, 1.5, -0.5, NAN, INFINITY};
        consistent(ttame_answer_draw(answer, map, word(), word(), alphas[draw() % 8], &drawing, text), drawing);
        break;
      }
      default: {
        int32_t ranking[16];
        size_t most = chance(3) ? (size_t)number() : draw() % 16;
        if (most > 16 && most <= classes) most = 16;
        ttame_answer_ranking(answer, chance(9) ? NULL : ranking, most, text);
        ttame_answer_map_class(answer, map);
      }
    }
    ttame_image_close(drawing);
  }
  free(values);
  ttame_answer_close(answer);
}

static void wrong_call(ttame_session *session) {
  ttame_error *text = chance(4) ? NULL : &error;
  ttame_model *other = NULL;
  ttame_session *more = NULL;
  int32_t index;
  switch (draw() % 8) {
    case 0: case 1: case 2: wrong_image(text); break;
    case 3: wrong_answer(session, text); break;
    case 4: consistent(ttame_model_open(chance(2) ? word() : "/", &other, text), other); break;
    case 5: ttame_model_find_class(chance(9) ? NULL : model, word(), chance(9) ? NULL : &index, text); break;
    case 6: MUST(!ttame_model_label(model, chance(2) ? -1 : INT32_MAX) && ttame_model_label(model, 0)); break;
    default: {
      int64_t count = number();
      if (count > 4 && count <= 1024) count = 1;
      consistent(ttame_session_open(chance(9) ? NULL : model, (int32_t)count, word(), &more, text), more);
    }
  }
  ttame_model_close(other);
  ttame_session_close(more);
}

// Every null where an object or a target belongs.
static void null_calls(void) {
  MUST(ttame_model_open(NULL, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_session_open(NULL, 0, NULL, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_image_decode(NULL, 0, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_image_create(NULL, 0, 0, 0, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_image_pixels(NULL, NULL, 0, 0, NULL) == TTAME_ARGUMENT);
  MUST(ttame_image_encode(NULL, NULL, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_classify(NULL, NULL, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_explain(NULL, NULL, NULL, 0, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_answer_probabilities(NULL, NULL, 0, NULL) == TTAME_ARGUMENT);
  MUST(ttame_answer_logits(NULL, NULL, 0, NULL) == TTAME_ARGUMENT);
  MUST(ttame_answer_ranking(NULL, NULL, 0, NULL) == TTAME_ARGUMENT);
  MUST(ttame_answer_saliency(NULL, 0, NULL, 0, NULL) == TTAME_ARGUMENT);
  MUST(ttame_answer_map(NULL, 0, NULL, 0, NULL, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_answer_draw(NULL, 0, NULL, NULL, 0, NULL, NULL) == TTAME_ARGUMENT);
  MUST(ttame_model_find_class(NULL, NULL, NULL, NULL) == TTAME_ARGUMENT);
  MUST(!ttame_model_name(NULL) && !ttame_model_label(NULL, 0) && ttame_model_classes(NULL) == 0);
  MUST(ttame_image_width(NULL) == 0 && ttame_image_height(NULL) == 0);
  MUST(!ttame_bytes_data(NULL) && ttame_bytes_count(NULL) == 0);
  MUST(ttame_answer_known(NULL) == -1 && ttame_answer_maps(NULL) == 0 && ttame_answer_map_class(NULL, 0) == -1);
  ttame_model_close(NULL);
  ttame_session_close(NULL);
  ttame_image_close(NULL);
  ttame_answer_close(NULL);
  ttame_bytes_close(NULL);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: %s MODEL PHOTO SECONDS SEED\n", argv[0]);
    return 64;
  }
  null_calls();
  photo_bytes = read_file(argv[2], &photo_count);
  MUST(ttame_model_open(argv[1], &model, &error) == TTAME_OK);
  MUST(ttame_image_decode(photo_bytes, photo_count, &photo, &error) == TTAME_OK);
  classes = (size_t)ttame_model_classes(model);
  pixels = (size_t)ttame_image_width(photo) * (size_t)ttame_image_height(photo);
  ttame_session *session;
  MUST(ttame_session_open(model, 1, NULL, &session, &error) == TTAME_OK);
  expected first = answer_with(session);
  run_threads(use_own_session, &first);
  shared_session = session;
  run_threads(use_shared_session, NULL);

  state = strtoull(argv[4], NULL, 10);
  const time_t end = time(NULL) + atoi(argv[3]);
  long calls = 0;
  for (; time(NULL) < end; calls++) wrong_call(session);

  // Objects keep what they need: the model goes first.
  ttame_model_close(model);
  expected last = answer_with(session);
  MUST(memcmp(last.overlay, first.overlay, 3 * pixels) == 0);
  release(last);
  release(first);
  ttame_session_close(session);
  ttame_image_close(photo);
  free(photo_bytes);
  printf("%s: %d threads agree; %ld wrong calls\n", ttame_version(), threads, calls);
}
