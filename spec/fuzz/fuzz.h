/* What the C targets share: pieces of an input, and memory that ends where its bytes do. */
#ifndef LUALAMBDA_FUZZ_H
#define LUALAMBDA_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold of every input. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A copy that AddressSanitizer guards at both ends; the caller frees it. */
static inline char *exact_copy(const void *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    HOLDS(copy);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

/* Takes the first byte off an input; 0 where there is none. */
static inline uint8_t take_byte(const uint8_t **data, size_t *size)
{
    if (!*size)
        return 0;
    --*size;
    return *(*data)++;
}

/* The size of the next piece of an input that comes in pieces: small and odd, from a seed. */
static inline size_t piece_size(uint32_t *seed, size_t left)
{
    *seed = *seed * 1664525u + 1013904223u;
    size_t size = (*seed >> 24) % 23 + 1;
    return size < left ? size : left;
}

#endif
