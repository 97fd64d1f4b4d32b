/*
 * Loaded before the C library, kills a tool with all that it started when it has changed the disk
 * for the Nth time. The environment has
 *
 *   KILL_BELOW  the folder whose changes count
 *   KILL_COUNT  a file outside of it, which grows by a byte a change
 *   KILL_AT     N; 0 kills nothing
 *
 * A change is a new name, or a file that is opened to be written: it is empty then, the worst of
 * all halves. What is hidden, or in a hidden folder, is unfinished by its name, and may be opened.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The C library's own function of a name. */
#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

enum { LONGEST = 4096 };

static void folder_of(int dirfd, char *folder)
{
    char link[64];
    if (dirfd == AT_FDCWD) {
        if (!getcwd(folder, LONGEST))
            *folder = '\0';
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
    ssize_t length = readlink(link, folder, LONGEST - 1);
    folder[length > 0 ? length : 0] = '\0';
}

static int counts(int dirfd, const char *path)
{
    const char *below = getenv("KILL_BELOW");
    char folder[LONGEST];
    if (!below)
        return 0;
    if (*path != '/') {
        folder_of(dirfd, folder);
        path = folder;
    }
    return strncmp(path, below, strlen(below)) == 0;
}

static void changed(int dirfd, const char *path)
{
    struct stat status = {0};
    if (!counts(dirfd, path))
        return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, getenv("KILL_COUNT"), O_WRONLY | O_APPEND);
    if (fd < 0 || write(fd, ".", 1) != 1 || fstat(fd, &status) != 0)
        abort();
    close(fd);
    if (status.st_size == atol(getenv("KILL_AT"))) {
        kill(-getsid(0), SIGKILL);
        kill(-getpgrp(), SIGKILL);
    }
}

static int done(int result, int dirfd, const char *path)
{
    if (result >= 0)
        changed(dirfd, path);
    return result;
}

static void opened(int dirfd, const char *path)
{
    if (*path != '.' && !strstr(path, "/."))
        changed(dirfd, path);
}

/* ---- new names ---- */

int rename(const char *from, const char *to)
{
    return done(NEXT(int (*)(const char *, const char *), "rename")(from, to), AT_FDCWD, to);
}

int renameat(int fromfd, const char *from, int tofd, const char *to)
{
    return done(
        NEXT(int (*)(int, const char *, int, const char *), "renameat")(fromfd, from, tofd, to),
        tofd, to);
}

int renameat2(int fromfd, const char *from, int tofd, const char *to, unsigned flags)
{
    return done(NEXT(int (*)(int, const char *, int, const char *, unsigned),
                     "renameat2")(fromfd, from, tofd, to, flags),
                tofd, to);
}

int symlink(const char *target, const char *path)
{
    return done(NEXT(int (*)(const char *, const char *), "symlink")(target, path), AT_FDCWD, path);
}

int symlinkat(const char *target, int dirfd, const char *path)
{
    return done(NEXT(int (*)(const char *, int, const char *), "symlinkat")(target, dirfd, path),
                dirfd, path);
}

/* ---- files that are opened ---- */

static int open_next(const char *name, int dirfd, const char *path, int flags, mode_t mode)
{
    int fd = NEXT(int (*)(int, const char *, int, ...), name)(dirfd, path, flags, mode);
    if (fd >= 0 && flags & (O_CREAT | O_TRUNC))
        opened(dirfd, path);
    return fd;
}

static mode_t mode_of(int flags, va_list more)
{
    return flags & O_CREAT ? va_arg(more, mode_t) : 0;
}

#define OPEN(name, parameters, next, dirfd)                                                        \
    int name parameters                                                                            \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int fd = open_next(next, dirfd, path, flags, mode_of(flags, more));                        \
        va_end(more);                                                                              \
        return fd;                                                                                 \
    }

OPEN(open, (const char *path, int flags, ...), "openat", AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), "openat64", AT_FDCWD)
OPEN(openat, (int dirfd, const char *path, int flags, ...), "openat", dirfd)
OPEN(openat64, (int dirfd, const char *path, int flags, ...), "openat64", dirfd)

static FILE *open_stream(const char *name, const char *path, const char *mode)
{
    FILE *file = NEXT(FILE * (*)(const char *, const char *), name)(path, mode);
    if (file && *mode == 'w')
        opened(AT_FDCWD, path);
    return file;
}

FILE *fopen(const char *path, const char *mode)
{
    return open_stream("fopen", path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    return open_stream("fopen64", path, mode);
}
