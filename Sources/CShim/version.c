#include "version.h"

#ifndef TTAME_COMMIT
#define TTAME_COMMIT ""
#endif

const char *shim_commit(void) { return TTAME_COMMIT; }
