#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openssl.h"

#ifdef __x86_64__
extern unsigned OPENSSL_ia32cap_P[]; /* what OPENSSL_ia32cap(3) tells of */
#define CAPABILITIES OPENSSL_ia32cap_P[0]
#else
extern unsigned OPENSSL_armcap_P;
#define CAPABILITIES OPENSSL_armcap_P
#endif

static void processor_is_known(void **state)
{
    (void)state;
    openssl_begin();
    assert_int_not_equal(CAPABILITIES, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processor_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
