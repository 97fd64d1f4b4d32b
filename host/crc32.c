#include "crc32.h"

#include <stdbool.h>

/*
 * Eight bytes at a time: by_place[n][byte] is what a byte contributes that is followed by n more.
 * The tables are made at first use; the program has one thread.
 */
struct tables {
    uint32_t polynomial; /* its bits reversed */
    bool are_made;
    uint32_t by_place[8][256];
};

static void make(struct tables *tables)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? tables->polynomial : 0);
        tables->by_place[0][byte] = crc;
    }
    for (int place = 1; place < 8; place++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables->by_place[place - 1][byte];
            tables->by_place[place][byte] = before >> 8 ^ tables->by_place[0][before & 255];
        }
    }
    tables->are_made = true;
}

static uint32_t update(struct tables *tables, uint32_t previous, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    uint32_t(*by_place)[256] = tables->by_place;
    uint32_t crc = ~previous;

    if (!tables->are_made)
        make(tables);
    for (; length >= 8; bytes += 8, length -= 8) {
        crc = by_place[7][bytes[0] ^ (crc & 255)] ^ by_place[6][bytes[1] ^ (crc >> 8 & 255)] ^
              by_place[5][bytes[2] ^ (crc >> 16 & 255)] ^ by_place[4][bytes[3] ^ crc >> 24] ^
              by_place[3][bytes[4]] ^ by_place[2][bytes[5]] ^ by_place[1][bytes[6]] ^
              by_place[0][bytes[7]];
    }
    for (; length > 0; bytes++, length--)
        crc = crc >> 8 ^ by_place[0][*bytes ^ (crc & 255)];
    return ~crc;
}

uint32_t crc32_ieee(uint32_t previous, const void *data, size_t length)
{
    static struct tables tables = {.polynomial = 0xedb88320};
    return update(&tables, previous, data, length);
}

uint32_t crc32c(uint32_t previous, const void *data, size_t length)
{
    static struct tables tables = {.polynomial = 0x82f63b78};
    return update(&tables, previous, data, length);
}
