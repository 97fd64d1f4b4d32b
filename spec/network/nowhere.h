/*
 * Stands in for the network in test programs (--wrap, NETWORK in spec/hardened.mk): every name has
 * an address, and every connection to it stands at once. A test program has its own socket(), which
 * returns one end of a pair.
 */
#ifndef LUALAMBDA_NOWHERE_H
#define LUALAMBDA_NOWHERE_H

int __wrap_socket(int domain, int type, int protocol);

#endif
