/*
 * The Amazon and Starfield root certificates, which verify every AWS endpoint. The build generates
 * them from the pinned certificate source.
 *
 * Source: Amazon Trust Services, "Repository".
 */
#ifndef LUALAMBDA_ROOTS_H
#define LUALAMBDA_ROOTS_H

#include <openssl/x509.h>
#include <stddef.h>

extern const char amazon_roots_pem[];      /* text, with a NUL at its end */
extern const size_t amazon_roots_pem_size; /* bytes of text */

/*
 * The store of these roots. A root is decoded when a certificate that it may have signed is to be
 * verified, and stays. The store belongs to the process; NULL when memory is short.
 */
X509_STORE *roots_store(void);

#endif
