/*
 * The standard library, host/lib, as bytecode linked into the program. The build generates the
 * table from the sources; it is sorted by name.
 */
#ifndef LUALAMBDA_LIBRARY_H
#define LUALAMBDA_LIBRARY_H

#include <stddef.h>

struct library_module {
    const char *name; /* as `require` is given it */
    const char *code;
    size_t size; /* bytes of code */
};

extern const struct library_module library[];
extern const size_t library_size; /* modules */

#endif
