#include "program_arguments.h"

static char *const *arguments;

// glibc hands the arguments of `main` to constructors too.
__attribute__((constructor)) static void keep(int count, char *const *values) { arguments = count > 0 ? values : 0; }

char *const *shim_program_arguments(void) { return arguments; }
