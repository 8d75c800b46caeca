// The version of the program, of its library and of the packages made of them: here and nowhere else.
#ifndef TTAME_VERSION_H
#define TTAME_VERSION_H

#define TTAME_VERSION "0.1.0"

// The commit that was built, as `git describe --always --dirty` names it; "" where the build was not told.
const char *shim_commit(void);

#endif
