// Writes the pixels of a picture file as PPM to standard output: what two files show can be compared.
#include <stdio.h>
#include <stdlib.h>
#include <ttame.h>

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) {
    fprintf(stderr, "usage: %s PICTURE\n", argv[0]);
    return 64;
  }
  static char bytes[64 << 20];
  size_t count = fread(bytes, 1, sizeof bytes, file);
  ttame_error error;
  ttame_image *image;
  ttame_bytes *ppm;
  if (ttame_image_decode(bytes, count, &image, &error) || ttame_image_encode(image, "ppm", &ppm, &error)) {
    fprintf(stderr, "%s: %s\n", argv[1], error.text);
    return 65;
  }
  fwrite(ttame_bytes_data(ppm), 1, ttame_bytes_count(ppm), stdout);
  ttame_bytes_close(ppm);
  ttame_image_close(image);
}
