local program = require "bundle.program"

-- As ld writes it, what was left out first.
local MAP = [[
Discarded input sections

 .text.unused   0x0000000000000000     0x1000 build/vendor/lib/libcurl.a(easy.o)

Linker script and memory map

LOAD build/obj/host/http.o
 *(.text)
.text           0x0000000000001000      0x999
 .text.small    0x0000000000001000       0x10 build/obj/host/http.o
 .text.with_a_very_long_name
                0x0000000000001010       0x20 build/vendor/lib/libcrypto.a(libcrypto-lib-x.o)
 .rodata        0x0000000000002000        0x8 build/vendor/lib/libssl.a(s.o)
 .data.rel.ro   0x0000000000003000        0x4 build/aarch64/obj/library.o
 *fill*         0x0000000000003004        0x4
 .eh_frame      0x0000000000003008        0x2 /usr/lib/crti.o
 .rela.dyn      0x000000000000300a        0x1 /usr/lib/Scrt1.o
 .bss           0x0000000000004000      0x100 build/obj/host/http.o
 .comment       0x0000000000000000       0x22 build/obj/host/http.o
 .debug_info    0x0000000000000022     0x2000 build/obj/host/http.o
]]

describe("bundle.program", function()
  it("reads from the linker's map what the program is made of", function()
    assert.same({ ["host, in C"] = 16, OpenSSL = 40, ["library, in Lua"] = 4, other = 2,
      relocations = 1 }, program.parts(MAP))
  end)
end)
