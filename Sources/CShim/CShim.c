#include "CShim.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void shim_futex_wait(uint32_t *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, (void *)0, (void *)0, 0);
}

void shim_futex_wake_all(uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, (void *)0, (void *)0, 0);
}

intptr_t shim_allowed_cpus(uint8_t *mask, intptr_t bytes) {
  return syscall(SYS_sched_getaffinity, 0, bytes, mask);
}

// Kept from call to call: allocating and freeing the same hundred kilobytes for every piece of work costs page faults.
static _Thread_local struct {
  void *memory;
  intptr_t bytes;
} scratch;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free); }

void *shim_thread_scratch(intptr_t bytes) {
  if (bytes > scratch.bytes) {
    pthread_once(&scratch_once, make_scratch_key);
    free(scratch.memory);
    scratch.bytes = (bytes + 4095) / 4096 * 4096;
    scratch.memory = aligned_alloc(64, scratch.bytes);
    if (!scratch.memory) scratch.bytes = 0;
    pthread_setspecific(scratch_key, scratch.memory);  // freed when the thread ends
  }
  return scratch.memory;
}
