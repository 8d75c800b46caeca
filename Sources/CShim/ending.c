#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "CShim.h"

// The first thread speaks, and ends them all.
static _Noreturn void end_process(const char *line, int status) {
  static atomic_flag has_spoken = ATOMIC_FLAG_INIT;
  while (atomic_flag_test_and_set(&has_spoken)) pause();
  // Nobody is left to hear of an error of this one.
  const ssize_t written = write(STDERR_FILENO, line, strlen(line));
  (void)written;
  _exit(status);
}

_Noreturn void shim_out_of_memory(intptr_t bytes) {
  char line[96];
  snprintf(line, sizeof line, "ttame-lite: out of memory: %ld more bytes cannot be had\n", (long)bytes);
  end_process(line, 71);
}

_Noreturn void shim_broken_precondition(const char *what) {
  char line[192];
  snprintf(line, sizeof line, "ttame-lite: broken precondition: %s\n", what);
  end_process(line, 70);
}
