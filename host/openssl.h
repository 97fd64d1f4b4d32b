/*
 * OpenSSL's start. A program that never signs pays for none of it.
 */
#ifndef LUALAMBDA_OPENSSL_H
#define LUALAMBDA_OPENSSL_H

/*
 * Makes OpenSSL and libcurl ready, if that has not been done: their tables (late_relocations.h),
 * and what OpenSSL knows of the processor. To be called before anything of theirs, by one thread,
 * while no other uses them. Hashing would work without, and take five times as long: its functions
 * look for the processor's own instructions, and do not ask for them.
 */
void openssl_begin(void);

#endif
