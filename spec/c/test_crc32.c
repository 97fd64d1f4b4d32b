/* The CRCs beside the definition, bit by bit, for every length and alignment of the fast loop. */
#include <string.h>

#include "crc32.h"
#include "guard.h"

static uint32_t bit_by_bit(uint32_t polynomial, const unsigned char *data, size_t length)
{
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return ~crc;
}

static void test_check_values(void **state)
{
    (void)state;
    assert_int_equal(crc32_ieee(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32_ieee(0, NULL, 0), 0);
    assert_int_equal(crc32c(7, NULL, 0), 7);
}

static void test_every_length(void **state)
{
    enum { MOST = 80 };
    unsigned char *guard = (unsigned char *)map_guard(MOST);

    (void)state;
    for (size_t i = 0; i < MOST; i++)
        (guard - MOST)[i] = (unsigned char)(i * i + i / 3);
    for (size_t length = 0; length <= MOST; length++) {
        const unsigned char *data = guard - length;
        assert_int_equal(crc32_ieee(0, data, length), bit_by_bit(0xedb88320, data, length));
        assert_int_equal(crc32c(0, data, length), bit_by_bit(0x82f63b78, data, length));
    }
    unmap_guard((char *)guard, MOST);
}

static void test_in_pieces(void **state)
{
    const char *text = "a text that is not taken at once but in two pieces";
    size_t length = strlen(text);

    (void)state;
    for (size_t first = 0; first <= length; first++) {
        assert_int_equal(crc32_ieee(crc32_ieee(0, text, first), text + first, length - first),
                         crc32_ieee(0, text, length));
        assert_int_equal(crc32c(crc32c(0, text, first), text + first, length - first),
                         crc32c(0, text, length));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_values),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
