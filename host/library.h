/*
 * The standard library, host/lib, as bytecode linked into the program. The build generates the
 * table from the sources; it is sorted by name.
 */
#ifndef LUALAMBDA_LIBRARY_H
#define LUALAMBDA_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

/* Places in library_text, for pointers would have to be relocated at each start. */
struct library_module {
    uint32_t name; /* as `require` is given it, a string */
    uint32_t code;
    uint32_t size; /* bytes of code */
};

extern const unsigned char library_text[];
extern const struct library_module library[];
extern const size_t library_size; /* modules */

#endif
