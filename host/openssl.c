#include "openssl.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stddef.h>

#include "late_relocations.h"

void openssl_begin(void)
{
    static bool begun;
    if (begun)
        return;
    begun = true;
    late_relocations_apply();
    /* To load the messages of errors that do not happen takes 0.1 ms. TLS's own are loaded. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
}
