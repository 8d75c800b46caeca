// For the library itself; not installed.
#ifndef TTAME_ERROR_TEXT_H
#define TTAME_ERROR_TEXT_H

#include "ttame.h"

// Copies a line of UTF-8, cut before a character that does not fit.
void cttame_set_error(ttame_error *error, const char *text);

#endif
