/*
 * Cyclic redundancy checks of 32 bits, as AWS's checksums and event streams use them.
 */
#ifndef LUALAMBDA_CRC32_H
#define LUALAMBDA_CRC32_H

#include <stddef.h>
#include <stdint.h>

/*
 * The CRC of what `previous` is the CRC of (0: nothing), followed by `length` bytes at `data`.
 * crc32_ieee is that of ISO 3309 (Ethernet, zlib), crc32c Castagnoli's (RFC 3720).
 */
uint32_t crc32_ieee(uint32_t previous, const void *data, size_t length);
uint32_t crc32c(uint32_t previous, const void *data, size_t length);

#endif
