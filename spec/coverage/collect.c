/*
 * Counts the Lua lines that run, in a program built for `make coverage`. It is linked around the
 * program: LuaJIT's compiler is off and a line hook is on from the state's first moment, whatever
 * hook the program itself sets beside it. The lines go to a file of the process's own in
 * COVERAGE_FOLDER when it ends, be it by _exit or by a signal that it lets itself be ended by.
 */
#include <fcntl.h>
#include <lauxlib.h>
#include <luajit.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 1024, LINES = 4096 };

struct file {
    char *source;
    bool lines[LINES];
};

static struct file *files[FILES]; /* by the hash of their source, probed one after the other */
static lua_Hook other;            /* the program's own hook */

void __gcov_dump(void);
lua_State *__real_luaL_newstate(void);
lua_State *__wrap_luaL_newstate(void);
int __real_lua_sethook(lua_State *L, lua_Hook hook, int mask, int count);
int __wrap_lua_sethook(lua_State *L, lua_Hook hook, int mask, int count);
lua_Hook __wrap_lua_gethook(lua_State *L);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

static struct file *file_of(const char *source)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *at = source; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    for (size_t probe = 0; probe < FILES; probe++) {
        struct file **slot = &files[(hash + probe) % FILES];
        if (!*slot && (*slot = calloc(1, sizeof **slot)))
            (*slot)->source = strdup(source);
        if (!*slot || ((*slot)->source && strcmp((*slot)->source, source) == 0))
            return *slot;
    }
    return NULL;
}

static void on_event(lua_State *L, lua_Debug *frame)
{
    if (frame->event != LUA_HOOKLINE) {
        if (other)
            other(L, frame);
        return;
    }
    lua_getinfo(L, "S", frame);
    if (frame->source[0] != '@' || frame->currentline <= 0 || frame->currentline >= LINES)
        return;
    struct file *file = file_of(frame->source);
    if (file)
        file->lines[frame->currentline] = true;
}

int __wrap_lua_sethook(lua_State *L, lua_Hook hook, int mask, int count)
{
    other = hook;
    return __real_lua_sethook(L, on_event, LUA_MASKLINE | (hook ? mask : 0), count);
}

lua_Hook __wrap_lua_gethook(lua_State *L)
{
    (void)L;
    return other;
}

lua_State *__wrap_luaL_newstate(void)
{
    lua_State *L = __real_luaL_newstate();
    if (L) {
        luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
        __wrap_lua_sethook(L, NULL, 0, 0);
    }
    return L;
}

/* ---- the end ---- */

static void write_file(FILE *out, const struct file *file)
{
    for (int line = 0; line < LINES; line++)
        if (file->lines[line])
            fprintf(out, "%d %s\n", line, file->source + 1);
}

static void __attribute__((destructor)) write_lines(void)
{
    char path[] = COVERAGE_FOLDER "/lines-XXXXXX";
    int fd = mkstemp(path);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out)
        return;
    for (size_t i = 0; i < FILES; i++)
        if (files[i] && files[i]->source)
            write_file(out, files[i]);
    fclose(out);
}

void __wrap__exit(int status)
{
    write_lines();
    __gcov_dump();
    __real__exit(status);
}

static void on_end(int number)
{
    write_lines();
    __gcov_dump();
    raise(number); /* with its default action: the handler is gone */
}

/* Where the program takes such a signal itself, its own handler replaces this one. */
static void __attribute__((constructor)) listen_to_ends(void)
{
    struct sigaction action = {.sa_handler = on_end, .sa_flags = SA_RESETHAND}, before;
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
}
