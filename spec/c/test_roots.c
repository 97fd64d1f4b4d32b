/*
 * The store of roots: it finds each of them by name, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "../../host/roots.h"

/* What OpenSSL makes of a certificate and the roots: X509_V_OK or what is wrong. */
static int verify(X509 *certificate)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(context, roots_store(), certificate, NULL), 1);
    X509_verify_cert(context);
    int result = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    return result;
}

static void test_every_root_is_found(void **state)
{
    (void)state;
    BIO *text = BIO_new_mem_buf(amazon_roots_pem, (int)amazon_roots_pem_size);
    int count = 0;
    for (X509 *root; (root = PEM_read_bio_X509(text, NULL, NULL, NULL)); count++) {
        assert_int_equal(verify(root), X509_V_OK);
        assert_int_equal(verify(root), X509_V_OK); /* now that the store holds it */
        X509_free(root);
    }
    BIO_free(text);
    assert_true(count >= 4);
}

/* A certificate that says that a root has signed it, and is signed with another key. */
static void test_a_name_is_not_enough(void **state)
{
    (void)state;
    BIO *text = BIO_new_mem_buf(amazon_roots_pem, (int)amazon_roots_pem_size);
    X509 *root = PEM_read_bio_X509(text, NULL, NULL, NULL), *forged = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_set_issuer_name(forged, X509_get_subject_name(root));
    X509_gmtime_adj(X509_getm_notBefore(forged), -60);
    X509_gmtime_adj(X509_getm_notAfter(forged), 3600);
    X509_set_pubkey(forged, key);
    assert_true(X509_sign(forged, key, EVP_sha256()) > 0);
    assert_int_not_equal(verify(forged), X509_V_OK);
    X509_free(forged);
    X509_free(root);
    EVP_PKEY_free(key);
    BIO_free(text);
}

static void test_an_unknown_issuer_is_not_found(void **state)
{
    (void)state;
    X509 *stranger = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"nobody", -1, -1,
                               0);
    X509_set_issuer_name(stranger, name);
    X509_set_pubkey(stranger, key);
    assert_true(X509_sign(stranger, key, EVP_sha256()) > 0);
    assert_int_equal(verify(stranger), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    X509_NAME_free(name);
    X509_free(stranger);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_root_is_found),
        cmocka_unit_test(test_a_name_is_not_enough),
        cmocka_unit_test(test_an_unknown_issuer_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
