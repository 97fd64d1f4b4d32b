/* Scalars: what is read of a text is a number of its kind; what base64 gives, it gives back. */
#include "scalar.h"

#include <math.h>

#include "fuzz.h"

static void check_base64(const char *text, size_t size)
{
    char *decoded = malloc(size / 4 * 3 + 3);
    HOLDS(decoded);
    ptrdiff_t length = scalar_base64_decode(text, size, decoded);
    HOLDS(length >= -1 && length <= (ptrdiff_t)(size / 4 * 3 + 3));
    free(decoded);

    size_t encoded_size = scalar_base64_size(size);
    char *encoded = malloc(encoded_size + 3);
    HOLDS(encoded);
    scalar_base64_encode(text, size, encoded);
    HOLDS(scalar_base64_decode(encoded, encoded_size, encoded) == (ptrdiff_t)size);
    HOLDS(memcmp(encoded, text, size) == 0);
    free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double untouched = 1234.5;
    double number = untouched;
    char *text = exact_copy(data, size);

    HOLDS(scalar_integer(text, size, &number) || number == untouched);
    HOLDS(number == untouched || (isfinite(number) && number == trunc(number)));
    number = untouched;
    HOLDS(scalar_float(text, size, &number) || number == untouched);
    number = untouched;
    HOLDS(scalar_timestamp(text, size, &number) || number == untouched);
    HOLDS(!isnan(number));
    check_base64(text, size);
    free(text);
    return 0;
}
