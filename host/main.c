/*
 * bootstrap: serves the Lambda Runtime API where AWS_LAMBDA_RUNTIME_API names one; otherwise runs a
 * Lua file, or a console, with the whole standard library.
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"
#include "state.h"
#include "task.h"
#include "version.h"

static const char usage[] =
    "usage: bootstrap run FILE [ARG...]   run a Lua file with the standard library (- for stdin)\n"
    "       bootstrap repl [FOLDER]       a console; it finds the modules in FOLDER, a function's\n"
    "       bootstrap --version           print the version\n"
    "       bootstrap --help              print this\n"
    "\n"
    "With AWS_LAMBDA_RUNTIME_API set it serves the function that _HANDLER names,\n"
    "as AWS Lambda starts it.\n";

struct arguments {
    int count;
    char **values; /* the program, "run" or "repl", FILE or FOLDER, ARG... */
    int status;    /* the exit status of the run */
};

/* The table `arg` as stock Lua has it: the file at 0, its arguments from 1, what precedes below 0.
 */
static void set_arg(lua_State *L, const struct arguments *arguments)
{
    lua_newtable(L);
    for (int i = 0; i < arguments->count; i++) {
        lua_pushstring(L, arguments->values[i]);
        lua_rawseti(L, -2, i - 2);
    }
    lua_setglobal(L, "arg");
}

static void report(lua_State *L, const struct task *task)
{
    task_push_error(L, task);
    const char *message = state_describe(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->trace_ref);
    fprintf(stderr, "bootstrap: %s\n%s\n", message, lua_tostring(L, -1));
}

/* The exit status of an ended task: 1 when it, or one that it left unheard, has failed. */
static int report_failures(lua_State *L, struct task *task)
{
    int status = task->state == TASK_FAILED;
    if (status)
        report(L, task);
    task_claim(task);
    for (const struct task *other; (other = task_next_failure(L, task)); status = 1)
        report(L, other);
    return status;
}

/* Pushes what is to run. Returns 0, or the status of luaL_loadfile with the message pushed. */
static int push_main(lua_State *L, const struct arguments *arguments)
{
    const char *file = arguments->values[2];
    if (strcmp(arguments->values[1], "run") == 0)
        return luaL_loadfile(L, strcmp(file, "-") == 0 ? NULL : file);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "repl");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "run");
    return 0;
}

/* Runs it as a task, so that it may wait as a handler may. */
static int run_protected(lua_State *L)
{
    struct arguments *arguments = lua_touserdata(L, 1);
    int first = strcmp(arguments->values[1], "run") == 0 ? 3 : 2; /* of its own arguments */
    arguments->status = 1;

    set_arg(L, arguments);
    if (push_main(L, arguments) != 0) {
        fprintf(stderr, "bootstrap: %s\n", state_describe(L));
        return 0;
    }
    luaL_checkstack(L, arguments->count, "too many arguments");
    for (int i = first; i < arguments->count; i++)
        lua_pushstring(L, arguments->values[i]);
    struct task *task = task_spawn(L, arguments->count - first);
    if (loop_run_until(the_loop(), &task->wait.done) != 0)
        fprintf(stderr, "bootstrap: %s waits for what can never end\n",
                arguments->values[first - 1]);
    else
        arguments->status = report_failures(L, task);
    return 0;
}

static int run(int count, char **values)
{
    struct arguments arguments = {count, values, 1};
    lua_State *L = state_new();
    if (!L) {
        fputs("bootstrap: out of memory\n", stderr);
        return 1;
    }
    if (lua_cpcall(L, run_protected, &arguments) != 0) {
        fprintf(stderr, "bootstrap: %s\n", state_describe(L));
        arguments.status = 1;
    }
    lua_close(L);
    return arguments.status;
}

int main(int argc, char **argv)
{
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    if (api && *api)
        return runtime_serve(api);
    if (argc >= 3 && strcmp(argv[1], "run") == 0)
        return run(argc, argv);
    if (argc >= 2 && argc <= 3 && strcmp(argv[1], "repl") == 0 && (argc == 2 || argv[2][0] != '-'))
        return run(argc, argv);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("lualambda " LUALAMBDA_VERSION) < 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0;
    fputs(usage, stderr);
    return 2;
}
