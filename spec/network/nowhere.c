#include "nowhere.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
void __wrap_freeaddrinfo(struct addrinfo *found);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);

static struct sockaddr_in nowhere = {.sin_family = AF_INET};
static struct addrinfo only = {
    .ai_family = AF_INET, .ai_addr = (void *)&nowhere, .ai_addrlen = sizeof nowhere};

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    (void)node, (void)service, (void)hints;
    *found = &only;
    return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *found)
{
    (void)found;
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd, (void)address, (void)length;
    return 0;
}
