// What Swift cannot express: CPU detection, futex waits, spin hints, floating-point control, and the plain structs
// that kernels of every instruction set share without any Swift metadata.
#ifndef CSHIM_H
#define CSHIM_H

#include <stdbool.h>
#include <stdint.h>

#include "activation_functions.h"
#include "kernel_functions.h"
#include "kernel_preconditions.h"
#include "kernel_tasks.h"
#include "program_arguments.h"
#include "rename_new.h"
#include "training_tasks.h"
#include "version.h"

// ---- CPU detection ------------------------------------------------------------------------------------------------

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static inline bool shim_cpu_has_avx_vnni(void) {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax >> 4 & 1);
}

static inline bool shim_cpu_has_sse4(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
}

// __builtin_cpu_supports asks XGETBV too: false where the operating system does not save the registers.
static inline bool shim_cpu_has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

static inline bool shim_cpu_has_avx512_vnni(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

static inline bool shim_cpu_has_avx512_bf16(void) {
  __builtin_cpu_init();
  return shim_cpu_has_avx512_vnni() && __builtin_cpu_supports("avx512bf16");
}

// Swift does not import vectors of bf16.
#if defined(__AVX512BF16__)
static inline __m512 shim_dot_bf16(__m512 sum, __m512i a, __m512i b) {
  return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}
#endif
#elif defined(__aarch64__)
#include <sys/auxv.h>

// Bits of Linux's AT_HWCAP and AT_HWCAP2, named here because older C libraries lack the later ones.
static inline bool shim_cpu_has_neon(void) { return getauxval(AT_HWCAP) >> 1 & 1; }
static inline bool shim_cpu_has_dotprod(void) { return getauxval(AT_HWCAP) >> 20 & 1; }
static inline bool shim_cpu_has_i8mm(void) { return getauxval(AT_HWCAP2) >> 13 & 1; }
#endif

// ---- Caches, spinning and floating-point control --------------------------------------------------------------------------

// Asks for the cache line at p; never faults.
static inline void shim_prefetch(const void *p) { __builtin_prefetch(p, 0, 3); }
static inline void shim_prefetch_for_writing(const void *p) { __builtin_prefetch(p, 1, 3); }

static inline void shim_pause(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Flushes denormals to zero in this thread and returns the previous state: denormals slow a kernel fifteen-fold.
static inline uint64_t shim_flush_denormals(void) {
#if defined(__x86_64__)
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);  // FTZ | DAZ
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | (1ull << 24)));  // FZ
  return before;
#else
  return 0;
#endif
}

static inline void shim_restore_float_control(uint64_t before) {
#if defined(__x86_64__)
  _mm_setcsr((unsigned)before);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
  (void)before;
#endif
}

// ---- Memory -------------------------------------------------------------------------------------------------------

// Ends the process for want of memory: one line on standard error, and status 71 (EX_OSERR of sysexits(3)).
_Noreturn void shim_out_of_memory(intptr_t bytes);

// All threads allocate from one heap from here on. Otherwise each reserves up to 128 MiB of addresses for one of its own, all
// that a limit on addresses (`ulimit -v`) leaves. It keeps what a few frames of a camera take.
void shim_share_heap(void);

// 64-byte aligned memory of the calling thread, valid until its next call. Ends the process if there is none.
void *shim_thread_scratch(intptr_t bytes);

// The same for kernels: the memory above is in use when they are called.
void *shim_kernel_scratch(intptr_t bytes);

// ---- Atomics and futex --------------------------------------------------------------------------------------------

static inline uint32_t shim_load32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
static inline uint32_t shim_add32(uint32_t *p, uint32_t v) { return __atomic_add_fetch(p, v, __ATOMIC_SEQ_CST); }
static inline void shim_store32(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }
static inline uint64_t shim_load64(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
static inline void shim_store64(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }
static inline bool shim_compare_exchange64(uint64_t *p, uint64_t expected, uint64_t desired) {
  return __atomic_compare_exchange_n(p, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// Sleeps while *word == expected; may wake for no reason.
void shim_futex_wait(uint32_t *word, uint32_t expected);
// Writes the set of CPUs that this process may use, one bit each; returns the bytes written, or -1.
intptr_t shim_allowed_cpus(uint8_t *mask, intptr_t bytes);
// Wakes every sleeper on word.
void shim_futex_wake_all(uint32_t *word);

#endif
