// Explains a picture with libttame: prints the most probable classes and writes the overlay of the first.
//
//   cc explain.c -lttame -o explain && ./explain MODEL PHOTO.jpg OVERLAY.png
#include <stdio.h>
#include <stdlib.h>
#include <ttame.h>

static ttame_error error;

static void check(ttame_status status, const char *what) {
  if (status == TTAME_OK) return;
  fprintf(stderr, "%s: %s\n", what, error.text);
  exit(1);
}

static void *read_file(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) {
    perror(path);
    exit(1);
  }
  *count = (size_t)ftell(file);
  rewind(file);
  void *bytes = malloc(*count ? *count : 1);
  if (!bytes || fread(bytes, 1, *count, file) != *count) {
    perror(path);
    exit(1);
  }
  fclose(file);
  return bytes;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s MODEL PHOTO OVERLAY.png\n", argv[0]);
    return 64;
  }
  ttame_model *model;
  ttame_session *session;
  ttame_image *photo, *overlay;
  ttame_answer *answer;
  ttame_bytes *png;
  check(ttame_model_open(argv[1], &model, &error), "model");
  check(ttame_session_open(model, 0, NULL, &session, &error), "session");

  size_t count;
  void *bytes = read_file(argv[2], &count);
  check(ttame_image_decode(bytes, count, &photo, &error), argv[2]);
  free(bytes);
  check(ttame_explain(session, photo, NULL, 1, &answer, &error), argv[2]);

  const size_t classes = (size_t)ttame_model_classes(model), most = classes < 3 ? classes : 3;
  float *probabilities = malloc(classes * sizeof *probabilities);
  int32_t best[3];
  check(ttame_answer_probabilities(answer, probabilities, classes, &error), "probabilities");
  check(ttame_answer_ranking(answer, best, most, &error), "ranking");
  for (size_t i = 0; i < most; i++)
    printf("%5.1f %%  %s\n", 100 * probabilities[best[i]], ttame_model_label(model, best[i]));

  check(ttame_answer_draw(answer, 0, NULL, NULL, -1, &overlay, &error), "overlay");
  check(ttame_image_encode(overlay, "png", &png, &error), argv[3]);
  FILE *file = fopen(argv[3], "wb");
  if (!file || fwrite(ttame_bytes_data(png), 1, ttame_bytes_count(png), file) != ttame_bytes_count(png) ||
      fclose(file) != 0) {
    perror(argv[3]);
    return 1;
  }

  ttame_bytes_close(png);
  ttame_image_close(overlay);
  free(probabilities);
  ttame_answer_close(answer);
  ttame_image_close(photo);
  ttame_session_close(session);
  ttame_model_close(model);
}
