/* What the stand-in for malloc and Lua's allocator counts, and what it is told to refuse. */
#ifndef LUALAMBDA_ALLOCATOR_H
#define LUALAMBDA_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

enum allocation { ALLOCATION_OF_C, ALLOCATION_OF_LUA, ALLOCATION_KINDS };

struct allocator {
    size_t made[ALLOCATION_KINDS];
    size_t live; /* blocks not yet freed, of both kinds */
    enum allocation failing;
    size_t first_failing; /* its number, from 1; 0: none fails */
    bool for_good;        /* all after it fail as well */
};

extern struct allocator allocator;

#endif
