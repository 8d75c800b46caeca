#include "ttame_error_text.h"

#include <string.h>

void cttame_set_error(ttame_error *error, const char *text) {
  if (!error) return;
  size_t count = strlen(text);
  if (count >= sizeof error->text) {
    count = sizeof error->text - 1;
    while (count > 0 && ((unsigned char)text[count] & 0xC0) == 0x80) count--;
  }
  memcpy(error->text, text, count);
  error->text[count] = 0;
}
