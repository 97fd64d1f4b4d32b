/*
 * To be preloaded: the names of AWS are at 127.0.0.1, so that a program can be measured that trusts
 * AWS's roots for AWS's names alone.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    static const char domain[] = ".amazonaws.com";
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    size_t length = name ? strlen(name) : 0;
    if (length > sizeof domain && strcmp(name + length - (sizeof domain - 1), domain) == 0)
        name = "127.0.0.1";
    return next(name, service, hints, found);
}
