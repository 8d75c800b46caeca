// What libFuzzer offers to a mutator.
#ifndef CFUZZER_H
#define CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// Applies one of libFuzzer's own mutations, the dictionary's among them; answers the new size, at most `capacity`.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);

#endif
