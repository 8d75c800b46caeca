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
typedef struct {
  void *memory;
  intptr_t bytes;
} scratch;
static _Thread_local scratch scratches[2];
static pthread_key_t scratch_keys[2];
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void make_scratch_keys(void) {
  for (int i = 0; i < 2; i++) pthread_key_create(&scratch_keys[i], free);
}

static void *thread_scratch(int i, intptr_t bytes) {
  if (bytes > scratches[i].bytes) {
    pthread_once(&scratch_once, make_scratch_keys);
    free(scratches[i].memory);
    scratches[i].bytes = (bytes + 4095) / 4096 * 4096;
    scratches[i].memory = aligned_alloc(64, scratches[i].bytes);
    if (!scratches[i].memory) shim_out_of_memory(bytes);
    pthread_setspecific(scratch_keys[i], scratches[i].memory);  // freed when the thread ends
  }
  return scratches[i].memory;
}

void *shim_thread_scratch(intptr_t bytes) { return thread_scratch(0, bytes); }

void *shim_kernel_scratch(intptr_t bytes) { return thread_scratch(1, bytes); }
