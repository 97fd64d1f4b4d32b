#include "roots.h"

/* The assembler takes the file in as it is; it finds it by its -I folders. */
__asm__(".pushsection .rodata\n"
        ".global amazon_roots_pem, amazon_roots_pem_size\n"
        "amazon_roots_pem:\n"
        ".incbin \"amazon-roots.pem\"\n"
        "1: .byte 0\n"
        ".balign 8\n"
        "amazon_roots_pem_size: .quad 1b - amazon_roots_pem\n"
        ".popsection\n");
