/*
 * The functions of libm that LuaJIT calls, each found when it is first called.
 *
 * To load libm takes as long as a third of what the smallest program takes to start: a file to open
 * and map, and 60 relocations that each ask which processor this is. A function that never
 * calculates a sine needs none of it. So the program is not linked with libm; it has these in its
 * place, and they are exported, so that `ffi.C` finds what it would find in libm.
 */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void *find(const char *name)
{
    static void *libm;
    if (!libm)
        libm = dlopen("libm.so.6", RTLD_NOW);
    void *function = libm ? dlsym(libm, name) : NULL;
    if (!function) {
        fprintf(stderr, "bootstrap: the C library is not whole: %s\n", dlerror());
        abort();
    }
    return function;
}

#define ONE_ARGUMENT(name)                                                                         \
    double name(double x)                                                                          \
    {                                                                                              \
        static double (*function)(double);                                                         \
        if (!function)                                                                             \
            function = (double (*)(double))find(#name);                                            \
        return function(x);                                                                        \
    }

#define TWO_ARGUMENTS(name)                                                                        \
    double name(double x, double y)                                                                \
    {                                                                                              \
        static double (*function)(double, double);                                                 \
        if (!function)                                                                             \
            function = (double (*)(double, double))find(#name);                                    \
        return function(x, y);                                                                     \
    }

ONE_ARGUMENT(acos)
ONE_ARGUMENT(asin)
ONE_ARGUMENT(atan)
ONE_ARGUMENT(cos)
ONE_ARGUMENT(cosh)
ONE_ARGUMENT(exp)
ONE_ARGUMENT(log)
ONE_ARGUMENT(log10)
ONE_ARGUMENT(log2)
ONE_ARGUMENT(sin)
ONE_ARGUMENT(sinh)
ONE_ARGUMENT(sqrt)
ONE_ARGUMENT(tan)
ONE_ARGUMENT(tanh)
TWO_ARGUMENTS(atan2)
TWO_ARGUMENTS(fmod)
TWO_ARGUMENTS(pow)
