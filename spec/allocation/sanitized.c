/*
 * What build/sanitized/bootstrap needs of the sanitizers; a function's process has no environment
 * to say it in.
 */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);
int __wrap_dlclose(void *library);

const char *__asan_default_options(void)
{
    return "verify_asan_link_order=0" /* spec/faults preloads a library */
           ":print_suppressions=0";
}

/* LuaJIT's only pointer to its buffer of instructions points beside it. */
const char *__lsan_default_suppressions(void)
{
    return "leak:^lj_mem_realloc$";
}

/* The leak checker would miss the pointers that an unloaded library had to its memory. */
int __wrap_dlclose(void *library)
{
    (void)library;
    return 0;
}
