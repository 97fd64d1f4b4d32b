#include "late_relocations.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Where the pointers are, as a section of type SHT_RELR would tell it; a zero ends it. Written in
 * assembler, for a compiler that sees zeros in a constant takes them for what it will find.
 *
 * Source: System V gABI, "Relocation", Relative Relocation Table.
 */
__asm__(".pushsection .late_relocations, \"a\"\n"
        ".balign 8\n"
        ".global late_relocations\n"
        ".hidden late_relocations\n"
        "late_relocations: .zero 16384\n"
        ".popsection\n");

extern const uint64_t late_relocations[] __attribute__((visibility("hidden")));

/* Of the objects in memory, the program is the first. */
static int take_first(struct dl_phdr_info *object, size_t size, void *program)
{
    (void)size;
    *(struct dl_phdr_info *)program = *object;
    return 1;
}

/* The pages that ld.so makes read-only, by the same roundings. */
static void protect_relro(const struct dl_phdr_info *program, int protection)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
        if (segment->p_type != PT_GNU_RELRO)
            continue;
        uintptr_t start = program->dlpi_addr + segment->p_vaddr;
        uintptr_t end = (start + segment->p_memsz) & -page;
        start &= -page;
        if (mprotect((void *)start, end - start, protection) != 0) {
            perror("bootstrap: cannot change the protection of its tables");
            abort();
        }
    }
}

/* The words hold addresses in the file; they get the program's own added. */
static void relocate(uintptr_t base)
{
    enum { BITS = 63 };
    uintptr_t *place = NULL;
    for (const uint64_t *entry = late_relocations; *entry; entry++) {
        if (!(*entry & 1)) {
            place = (uintptr_t *)(base + *entry);
            *place++ += base;
            continue;
        }
        for (int i = 0; i < BITS; i++)
            if (*entry >> (i + 1) & 1)
                place[i] += base;
        place += BITS;
    }
}

void late_relocations_apply(void)
{
    static bool applied;
    if (applied || !*late_relocations)
        return;
    applied = true;

    struct dl_phdr_info program;
    dl_iterate_phdr(take_first, &program);
    protect_relro(&program, PROT_READ | PROT_WRITE);
    relocate(program.dlpi_addr);
    protect_relro(&program, PROT_READ);
}
