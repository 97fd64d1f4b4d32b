/*
 * A resolver for the fault matrix, loaded before the C library's: names under .test have the
 * address 127.0.0.1, but for those that begin with
 *
 *   missing.  there is no such name
 *   again.    the name server fails
 *   slow.     the answer takes a second
 *   never.    it takes longer than anybody waits
 */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int resolve(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static int is_of_test(const char *name)
{
    size_t length = name ? strlen(name) : 0;
    return length > 5 && strcmp(name + length - 5, ".test") == 0;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    resolve *next = (resolve *)dlsym(RTLD_NEXT, "getaddrinfo");
    if (!is_of_test(name))
        return next(name, service, hints, found);
    if (begins(name, "missing."))
        return EAI_NONAME;
    if (begins(name, "again."))
        return EAI_AGAIN;
    if (begins(name, "slow."))
        sleep(1);
    if (begins(name, "never."))
        sleep(600);
    return next("127.0.0.1", service, hints, found);
}
