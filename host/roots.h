/*
 * The Amazon and Starfield root certificates in PEM form, which verify every AWS endpoint. The
 * build generates them from the pinned certificate source.
 *
 * Source: Amazon Trust Services, "Repository".
 */
#ifndef LUALAMBDA_ROOTS_H
#define LUALAMBDA_ROOTS_H

#include <stddef.h>

extern const char amazon_roots_pem[];
extern const size_t amazon_roots_pem_size; /* bytes */

#endif
