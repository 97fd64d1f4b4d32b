/*
 * `local.files`: what Lua's own files lack.
 *
 * stamps(folder) -> { [path below the folder] = its stamp }: of every file, links followed, hidden
 *     ones and hidden folders left out. A stamp changes when the file does. Empty for no folder
 * write(path, text) -> true | nil, message: for its owner alone, at once as a whole
 */
#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local_bindings.h"

enum { DEEPEST = 32 };

/* ---- stamps ---- */

static void add_stamp(lua_State *L, const char *path, const struct stat *found)
{
    char stamp[128];
    snprintf(stamp, sizeof stamp, "%lld.%09ld %lld %llu", (long long)found->st_mtim.tv_sec,
             found->st_mtim.tv_nsec, (long long)found->st_size, (unsigned long long)found->st_ino);
    lua_pushstring(L, stamp);
    lua_setfield(L, -2, path);
}

/* Adds what is below `path`, a buffer of PATH_MAX; names begin at `base` of it. */
static void add_folder(lua_State *L, char *path, size_t base, int depth)
{
    size_t length = strlen(path);
    DIR *folder = depth < DEEPEST ? opendir(path) : NULL;
    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct stat found;
        int room = (int)(PATH_MAX - length);
        if (entry->d_name[0] == '.' ||
            snprintf(path + length, (size_t)room, "/%s", entry->d_name) >= room ||
            stat(path, &found) != 0)
            continue;
        if (S_ISDIR(found.st_mode))
            add_folder(L, path, base, depth + 1);
        else
            add_stamp(L, path + base, &found);
    }
    path[length] = '\0';
    closedir(folder);
}

static int stamps(lua_State *L)
{
    size_t length;
    const char *folder = luaL_checklstring(L, 1, &length);
    char path[PATH_MAX];
    luaL_argcheck(L, length < sizeof path, 1, "the path is too long");
    memcpy(path, folder, length + 1);
    lua_newtable(L);
    add_folder(L, path, length + 1, 0);
    return 1;
}

/* ---- write ---- */

static int write_whole(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        text += written;
        length -= (size_t)written;
    }
    return fsync(fd);
}

static int push_failure(lua_State *L, int error)
{
    lua_pushnil(L);
    lua_pushstring(L, strerror(error));
    return 2;
}

/* Beside the file, under another name, which the file then gets: who looks finds old or new. */
static int write_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    char other[PATH_MAX];
    if (snprintf(other, sizeof other, "%s.XXXXXX", path) >= (int)sizeof other)
        return push_failure(L, ENAMETOOLONG);
    int fd = mkstemp(other); /* readable by its owner alone */
    if (fd < 0)
        return push_failure(L, errno);
    int failed = write_whole(fd, text, length);
    int error = errno;
    if (close(fd) != 0 && !failed) {
        failed = -1;
        error = errno;
    }
    if (!failed && rename(other, path) != 0) {
        failed = -1;
        error = errno;
    }
    if (failed) {
        unlink(other);
        return push_failure(L, error);
    }
    lua_pushboolean(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    {"stamps", stamps},
    {"write", write_file},
    {NULL, NULL},
};

int luaopen_local_files(lua_State *L)
{
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    return 1;
}
