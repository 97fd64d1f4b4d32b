/*
 * A root takes 40 µs to decode, as long as all the signatures of a handshake, and a chain ends in
 * one. So the store begins empty, and looks for what it needs by the name that the last certificate
 * bears as its issuer's.
 */
#include "roots.h"

#include <stdlib.h>
#include <string.h>

#include "scalar.h"

/* The assembler takes the file in as it is; it finds it by its -I folders. */
__asm__(".pushsection .rodata\n"
        ".global amazon_roots_pem, amazon_roots_pem_size\n"
        "amazon_roots_pem:\n"
        ".incbin \"amazon-roots.pem\"\n"
        "1: .byte 0\n"
        ".balign 8\n"
        "amazon_roots_pem_size: .quad 1b - amazon_roots_pem\n"
        ".popsection\n");

enum { LARGEST_ROOT = 4096 }; /* bytes; they have 400 to 1100 */

/*
 * Decodes the next root's base64, and moves `*at` behind it. Returns the number of bytes, 0 after
 * the last.
 */
static size_t next_root(const char **at, unsigned char der[LARGEST_ROOT])
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----\n", end[] = "-----END";
    const char *start = strstr(*at, begin);
    if (!start)
        return 0;
    start += sizeof begin - 1;
    *at = strstr(start, end);
    size_t length = (size_t)(*at - start);
    if (length / 4 * 3 + 3 > LARGEST_ROOT)
        return 0;
    ptrdiff_t size = scalar_base64_decode(start, length, (char *)der);
    return size < 0 ? 0 : (size_t)size;
}

/* The root whose subject is `name`, which DER gives as `text`; NULL where there is none. */
static X509 *find_root(const X509_NAME *name, const unsigned char *text, size_t length)
{
    unsigned char der[LARGEST_ROOT];
    const char *at = amazon_roots_pem;
    for (size_t size; (size = next_root(&at, der));) {
        if (!memmem(der, size, text, length))
            continue;
        const unsigned char *from = der;
        X509 *root = d2i_X509(NULL, &from, (long)size);
        if (root && X509_NAME_cmp(X509_get_subject_name(root), name) == 0)
            return root;
        X509_free(root);
    }
    return NULL;
}

/* OpenSSL asks this for a certificate that its store does not hold yet. */
static int by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                      X509_OBJECT *found)
{
    unsigned char *text = NULL;
    int length = type == X509_LU_X509 ? i2d_X509_NAME(name, &text) : 0;
    X509 *root = length > 0 ? find_root(name, text, (size_t)length) : NULL;
    int ok = root && X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), root) == 1 &&
             X509_OBJECT_set1_X509(found, root) == 1;
    X509_free(root);
    OPENSSL_free(text);
    return ok;
}

static X509_STORE *make_store(void)
{
    X509_STORE *store = X509_STORE_new();
    X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("the program's roots");
    if (store && method && X509_LOOKUP_meth_set_get_by_subject(method, by_subject) == 1 &&
        X509_STORE_add_lookup(store, method))
        return store;
    X509_LOOKUP_meth_free(method);
    X509_STORE_free(store);
    return NULL;
}

X509_STORE *roots_store(void)
{
    static X509_STORE *store;
    if (!store)
        store = make_store();
    return store;
}
