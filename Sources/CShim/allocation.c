#include <malloc.h>
#include <stdlib.h>

#include "CShim.h"

void shim_share_heap(void) {
  mallopt(M_ARENA_MAX, 1);
  // Given back and taken again, the memory of every picture of a stream would be cleared every time: a tenth of a frame.
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

// Stands in for the Swift runtime's allocator where the linker is told so (--wrap): that one traps without a word when
// memory runs out. Like there, what is allocated here is returned by free(3), whatever its alignment.
void *__wrap_swift_slowAlloc(size_t bytes, size_t alignment_mask);

void *__wrap_swift_slowAlloc(size_t bytes, size_t alignment_mask) {
  const size_t alignment = alignment_mask == ~(size_t)0 ? 16 : alignment_mask + 1;
  const size_t padded = (bytes + alignment - 1) / alignment * alignment;
  void *memory = alignment <= 16 ? malloc(bytes) : aligned_alloc(alignment, padded);
  if (!memory && bytes > 0) shim_out_of_memory((intptr_t)bytes);
  return memory;
}
