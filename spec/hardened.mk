# What attacks the program: fuzzers and builds under sanitizers. The Makefile includes this.

FUZZ_CC       = clang
FUZZ_CHECKS   = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# LuaJIT leaves a frame of C without a word to AddressSanitizer, whose marks of that frame would stay.
LUA_FRAMES    = -mllvm -asan-stack=0
# Without libFuzzer's note of each comparison, which was half of the time; its dictionaries have what is compared.
FUZZ_COUNTS   = -fno-sanitize-coverage=trace-cmp
FUZZ_CFLAGS   = -std=gnu11 -O2 -g -fno-pie $(WARNINGS) $(FUZZ_CHECKS)
FUZZ_C        = $(patsubst spec/fuzz/targets/%.c,build/fuzz/%,$(wildcard spec/fuzz/targets/*.c))
FUZZ_LUA      = build/fuzz/lua_target
# The other end of the Runtime API's connection is the fuzzer's own.
build/fuzz/runtime_api: spec/network/nowhere.c spec/network/nowhere.h
build/fuzz/runtime_api: FUZZ_LIBS = $(call WRAP,$(NETWORK) setsockopt close poll recv sendmsg)

.PHONY: fuzz fuzzers

fuzzers: build/vendor.stamp
	@scripts/install-packages fuzz
	@$(MAKE) -s $(FUZZ_C) $(FUZZ_LUA)

fuzz: build/bootstrap fuzzers  ## Fuzz what reads foreign bytes, FUZZ_SECONDS (60) a target
	@spec/run spec/fuzz/targets

FUZZ_LINK     = $(FUZZ_CC) $(CPPFLAGS) -Ispec/fuzz -Ispec/network $(FUZZ_CFLAGS) -fsanitize=fuzzer $(FUZZ_COUNTS) -no-pie

# The files that know Lua; the others are all that the C targets need.
KNOWS_LUA     = host/main.c host/runtime.c host/state.c host/task.c host/watchdog.c $(wildcard host/lua_*.c)
FUZZ_HOST     = $(filter-out $(KNOWS_LUA),$(wildcard host/*.c))
FUZZ_ALL      = $(filter-out host/main.c host/runtime.c,$(SOURCES))

$(FUZZ_C): build/fuzz/%: spec/fuzz/targets/%.c spec/fuzz/fuzz.h $(FUZZ_HOST:%.c=build/fuzz/obj/%.o)
	@echo "  fuzz  $@"
	@$(FUZZ_LINK) -o $@ $(filter %.c %.o,$^) $(FUZZ_LIBS) $(LIBS)

$(FUZZ_LUA): spec/fuzz/lua_target.c $(FUZZ_ALL:%.c=build/fuzz/obj/%.o)
	@echo "  fuzz  $@"
	@$(FUZZ_LINK) $(LUA_FRAMES) -Wl,-E -o $@ $(filter %.c %.o,$^) $(LIBS)

$(KNOWS_LUA:%.c=build/fuzz/obj/%.o): FUZZ_CFLAGS += $(LUA_FRAMES)

build/fuzz/obj/%.o: %.c build/vendor.stamp
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link $(FUZZ_COUNTS) -MMD -MP -c -o $@ $<

# ---- allocations that fail ----

# Every allocation of the program's own and of its libraries goes through spec/allocation/allocator.c.
ALLOCATIONS   = luaL_newstate malloc calloc realloc free strdup strndup
NETWORK       = getaddrinfo freeaddrinfo socket connect
WRAP          = $(patsubst %,-Wl$(comma)--wrap=%,$(1))
comma         = ,

build/allocation/sweep: $(wildcard spec/allocation/*.[ch] spec/network/*.[ch]) $(filter-out build/obj/host/main.o,$(OBJECTS))
	@mkdir -p $(@D)
	@echo "  cc    $@"
	@$(CC) $(CPPFLAGS) -Ispec/allocation -Ispec/network $(CFLAGS) $(LDFLAGS) \
	  $(call WRAP,$(ALLOCATIONS) $(NETWORK)) \
	  -o $@ $(filter %.c %.o,$^) $(LIBS)

# ---- the program built to find faults, and the suites that it runs ----

# In all of these Lua's memory is malloc's, and its collector never rests. $(1): libc's functions that are others here.
EAGER         = $(CC) $(CPPFLAGS) -Ispec/allocation $(CFLAGS) -DEAGER_COLLECTOR $(LDFLAGS) \
                $(call WRAP,$(ALLOCATIONS) $(1)) -o $@ $(filter %.c %.o,$^)
ALLOCATOR     = $(wildcard spec/allocation/allocator.*)

# Under UBSan and AddressSanitizer with its leak checker, which hear nothing of the frames of C that LuaJIT leaves.
SANITIZED     = $(patsubst host/%.c,build/sanitized/%.o,$(1))
SANITIZED_TOO = build/obj/build/gen/library.o $(ALLOCATOR) spec/allocation/sanitized.c

$(call SANITIZED,$(KNOWS_LUA) $(wildcard host/local/*.c)): SANITIZE += --param asan-stack=0

build/sanitized/bootstrap: $(call SANITIZED,$(wildcard host/*.c)) $(SANITIZED_TOO)
	@echo "  link  $@"
	@ln -sfn ../models $(@D)/models
	@$(call EAGER,dlclose) $(SANITIZE) $(LIBS)

build/sanitized/invoke-local: $(call SANITIZED,$(wildcard host/local/*.c)) $(SANITIZED_TOO) \
                              $(call SANITIZED,$(filter-out host/main.c,$(wildcard host/*.c)))
	@echo "  link  $@"
	@$(call EAGER,dlclose) $(SANITIZE) $(LIBS) -lmicrohttpd

# With a LuaJIT that checks itself.
build/vendor-asserted.stamp: build/vendor.stamp
	@scripts/install-packages valgrind
	@vendor/build --asserted
	@touch $@

build/asserted/%: private VENDOR = build/vendor-asserted

build/asserted/bootstrap: $(OBJECTS) $(ALLOCATOR) build/vendor-asserted.stamp
	@mkdir -p $(@D)
	@echo "  link  $@"
	@ln -sfn ../models $(@D)/models
	@$(EAGER) $(LIBS)

build/asserted/invoke-local: $(LOCAL) $(ALLOCATOR) build/vendor-asserted.stamp
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(EAGER) $(LIBS) -lmicrohttpd

# The same under valgrind's memcheck, which sees what LuaJIT and the libraries do, too. What it finds goes into files.
MEMCHECK      = valgrind --quiet --vgdb=no --leak-check=full --show-leak-kinds=definite \
                --suppressions=$(CURDIR)/spec/allocation/valgrind.supp \
                --log-file=$(CURDIR)/build/valgrind/log.%p $(CURDIR)/build/asserted/bootstrap

build/valgrind/bootstrap: build/asserted/bootstrap spec/hardened.mk
	@mkdir -p $(@D)
	@printf '%s\n' '#!/bin/sh' 'exec $(MEMCHECK) "$$@"' > $@
	@chmod +x $@

# Left out are suites that say nothing of a program built otherwise. They are about C that has sanitizers of its own,
# or about no program at all;
NOT_OTHERWISE  = spec/c/ spec/fuzz/ spec/allocation/ spec/run.t spec/vendor/lock spec/vendor/build
# about the file that ships;
NOT_OTHERWISE += spec/elf.t spec/host/late_relocations test_sbom test_reproducible test_bare_root
# about its memory;
NOT_OTHERWISE += memory test_limits test_soak test_many_places
# about tools, which run build/bootstrap.
NOT_OTHERWISE += spec/deploy/ test_audit test_build_lambda test_test_function test_crashes test_plan

# Valgrind takes a hundred times the time: the suites of what C reads and calls, and two of a function at work.
UNDER_VALGRIND = spec/host/ spec/vendor/cjson spec/aws/protocol/ spec/aws/client_spec spec/aws/request_spec \
                 spec/aws/sigv4_spec spec/lambda/ spec/e2e/test_handler spec/e2e/test_runtime_api.py

# Runs suites, or those of them that have the patterns $(2), with the programs in the folder $(1) of build.
define run_suites
@scripts/install-packages test aws
@[ -e build/vendor-$(1) ] || ln -s vendor build/vendor-$(1)
@BUILD=build/$(1) PROGRAM=$(CURDIR)/build/$(1)/bootstrap spec/run $(2) $(NOT_OTHERWISE:%='!%')
endef

.PHONY: test-sanitized test-asserted test-valgrind

test-sanitized: $(addprefix build/sanitized/,bootstrap invoke-local)  ## Run the suites under ASan and UBSan
	$(call run_suites,sanitized)

test-asserted: $(addprefix build/asserted/,bootstrap invoke-local)  ## Run the suites with a LuaJIT that checks itself
	$(call run_suites,asserted)

test-valgrind: build/valgrind/bootstrap  ## Run some of the suites under valgrind
	@rm -f build/valgrind/log.*
	$(call run_suites,valgrind,$(UNDER_VALGRIND))
	@! grep -h . build/valgrind/log.*
