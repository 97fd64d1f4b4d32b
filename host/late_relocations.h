/*
 * The relocations of OpenSSL's, libcurl's and expat's tables: 16,000 pointers, nine tenths of the
 * program's. ld.so would write them at every start; here the first to use a library of these does.
 *
 * host/late_relocations.lua takes them out of the linked program. In a program that it has not
 * worked on there are none, and ld.so has written all.
 */
#ifndef LUALAMBDA_LATE_RELOCATIONS_H
#define LUALAMBDA_LATE_RELOCATIONS_H

/*
 * Writes the pointers, if that has not been done. To be called before anything of OpenSSL, libcurl
 * or expat that may look at a table of theirs, allocation included; by one thread, while there is
 * no other that uses them. Aborts when the system refuses to make the tables writable.
 */
void late_relocations_apply(void);

#endif
