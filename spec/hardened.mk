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

# ---- allocations that fail, and the specs under sanitizers ----

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

# The program under AddressSanitizer and UBSan, its Lua memory as malloc's. What only Lua points to would
# look lost to the leak checker: leaks are the sweep's business.
SANITIZED     = $(patsubst host/%.c,build/sanitized/%.o,$(wildcard host/*.c)) build/obj/build/gen/library.o

$(KNOWS_LUA:host/%.c=build/sanitized/%.o): SANITIZE += --param asan-stack=0

build/sanitized/bootstrap: $(SANITIZED) $(wildcard spec/allocation/allocator.*)
	@echo "  link  $@"
	@$(CC) $(CPPFLAGS) -Ispec/allocation $(CFLAGS) $(SANITIZE) $(LDFLAGS) $(call WRAP,$(ALLOCATIONS)) \
	  -o $@ $(filter %.c %.o,$^) $(LIBS)

.PHONY: test-sanitized

test-sanitized: build/sanitized/bootstrap  ## Run the specs under sanitizers, the collector stepping at each allocation
	@scripts/install-packages test aws
	@ln -sfn vendor build/vendor-sanitized
	@ln -sfn ../models build/sanitized/models
	@BUILD=build/sanitized EAGER_COLLECTOR=1 ASAN_OPTIONS=detect_leaks=0 spec/run _spec.lua
