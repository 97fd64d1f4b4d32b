/* Memory before a page that must not be touched: to read or write past its end ends the test. */
#ifndef LUALAMBDA_GUARD_H
#define LUALAMBDA_GUARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

static inline size_t guard_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The whole pages that `room` bytes need. */
static inline size_t whole_pages(size_t room)
{
    return (room + guard_page_size() - 1) & -guard_page_size();
}

/* Maps `room` bytes, and what is left of their first page; returns where they end. */
static inline char *map_guard(size_t room)
{
    size_t size = whole_pages(room);
    char *pages = mmap(NULL, size + guard_page_size(), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    assert_int_equal(0, mprotect(pages + size, guard_page_size(), PROT_NONE));
    return pages + size;
}

/* Unmaps what map_guard has returned for as many bytes. */
static inline void unmap_guard(char *guard, size_t room)
{
    munmap(guard - whole_pages(room), whole_pages(room) + guard_page_size());
}

#endif
