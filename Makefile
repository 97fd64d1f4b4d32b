# lualambda: `make help` lists the targets.

MACHINE  := $(shell uname -m)
ARCH     ?= $(MACHINE)
FUNCTION ?= auto-start-stop

# Another architecture than the machine's has a folder of its own, and an emulator that runs what is built there.
override ARCH := $(ARCH:arm64=aarch64)
ifeq ($(ARCH),$(MACHINE))
BUILD     = build
VENDOR    = build/vendor
EMULATOR  =
RUNNER    =
else
BUILD     = build/$(ARCH)
VENDOR    = build/vendor-$(ARCH)
CROSS     = $(ARCH)-linux-gnu-
RUNNER    = $(BUILD)/emulator
EMULATOR  = $(CURDIR)/$(RUNNER)
SYSROOT   = $(CURDIR)/build/sysroot-$(ARCH)
CMOCKA    = -I$(SYSROOT)/usr/include -L$(SYSROOT)/usr/lib/$(ARCH)-linux-gnu
# This machine's program, which bundles the other.
NATIVE    = $(MAKE) -s ARCH=$(MACHINE)
# What tests run, with what, and what they bundle.
export BUILD EMULATOR
export LUALAMBDA_ARCH = $(ARCH)
endif

CC        = $(CROSS)gcc
WARNINGS  = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla -Werror
CPPFLAGS  = -Ihost -I$(VENDOR)/include -D_GNU_SOURCE -DXML_STATIC \
            -DCURL_STATICLIB -Wa,-I$(VENDOR)/share
CFLAGS    = -std=gnu11 -O2 -g -fno-plt -ffunction-sections -fdata-sections $(WARNINGS) \
            '-ffile-prefix-map=$(CURDIR)=.' $(HARDENING)
LDFLAGS   = -pie -static-libgcc -Wl,--gc-sections,--as-needed,-O1,-z,relro,-z,now,-z,noexecstack \
            -Wl,--dynamic-list=host/exports.list
LIBS      = -L$(VENDOR)/lib -lluajit -lcjson -lexpat -lcurl -lssl -lcrypto

# As vendor/build has it for the third-party parts.
HARDENING = -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 $(HARDENING_$(ARCH))
HARDENING_aarch64 = -mbranch-protection=pac-ret

SOURCES   = $(wildcard host/*.c) $(BUILD)/gen/library.c
OBJECTS   = $(SOURCES:%.c=$(BUILD)/obj/%.o)
LOCAL     = $(patsubst %.c,build/obj/%.o,$(filter-out host/main.c,$(SOURCES)) $(wildcard host/local/*.c))
LIBRARY   = $(filter-out bundle/% local/%,$(patsubst host/lib/%,%,$(shell find host/lib -name '*.lua' | LC_ALL=C sort)))

# C unit tests link these files, all under AddressSanitizer and UBSan.
PURE      = answer crc32 events http late_relocations memory multi openssl roots runtime_api scalar shape sigv4 task watchdog \
            xml
SANITIZE  = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE
C_TESTS   = $(patsubst spec/c/%.c,$(BUILD)/spec/c/%,$(wildcard spec/c/test_*.c))

# Set by spec/coverage/run to the folder for the Lua lines that run; C is counted by gcov.
ifdef COVERAGE
CFLAGS   += -O0 --coverage -U_FORTIFY_SOURCE '-ffile-prefix-map=$(CURDIR)=$(CURDIR)' \
            -DCOVERAGE_FOLDER='"$(COVERAGE)"'
LDFLAGS  += --coverage -Wl,--wrap=luaL_newstate,--wrap=lua_sethook,--wrap=lua_gethook,--wrap=_exit
LIBS     += -lm
SOURCES  += spec/coverage/collect.c
endif

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help dist demo test test-deploy coverage unit-tests lint bench soak vendor vendor-update audit clean

all: $(BUILD)/bootstrap  ## Build the program; ARCH=aarch64 or x86_64 builds it for the other processor

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' Makefile spec/hardened.mk | expand -t 16

demo: $(BUILD)/bootstrap $(RUNNER)  ## Show FUNCTION (auto-start-stop) at work against a local AWS
	@$(NATIVE)
	@scripts/demo $(FUNCTION)

test: $(BUILD)/bootstrap $(RUNNER) $(if $(CROSS),,build/invoke-local)  ## Run everything that checks: C unit tests, specs, end to end
	@scripts/install-packages test aws
	@$(NATIVE)
	@$(MAKE) -s $(C_TESTS) $(if $(CROSS),,fuzzers build/allocation/sweep)
	@spec/run

test-deploy: build/bootstrap build/invoke-local  ## Run the deployment's checks alone: Terraform against a local AWS
	@scripts/install-packages test aws
	@spec/run spec/deploy scripts/lib/new-lambda

coverage:  ## Measure which lines the tests run; build/coverage.json has the others
	@scripts/install-packages build local test aws
	@spec/coverage/run

unit-tests: $(C_TESTS)

lint: $(BUILD)/vendor.stamp build/local.stamp  ## Check style and warnings
	@scripts/install-packages lint
	@scripts/lint

bench: build/bootstrap  ## Measure, as ratios within one run
	@scripts/install-packages bench
	@spec/bench/run

soak: $(BUILD)/bootstrap  ## A million invocations and 100,000 AWS calls, or SOAK_INVOCATIONS and SOAK_CALLS
	@SOAK_INVOCATIONS=$${SOAK_INVOCATIONS:-1000000} SOAK_CALLS=$${SOAK_CALLS:-100000} \
	  PYTHONPATH=scripts/lib:spec/e2e python3 spec/faults/test_soak.py

dist:  ## Bundles and layers for both processors, bill of materials and licences, into output/dist
	@scripts/dist

vendor: $(BUILD)/vendor.stamp  ## Build the third-party parts into the cache

vendor-update:  ## Propose newer versions of the third-party parts
	@vendor/update

audit: $(BUILD)/vendor.stamp  ## Say what is known against the third-party parts
	@vendor/audit

clean:  ## Remove what was built here; the cache of third-party parts stays
	rm -rf build output

# Third-party parts: vendor/build does nothing when its cache holds them already.
$(BUILD)/vendor.stamp: $(shell find vendor -type f)
	@scripts/install-packages build $(CROSS:%=cross)
	@vendor/build --arch $(ARCH)
	@mkdir -p $(@D)
	@$(if $(CROSS),ln -sfn ../models $(BUILD)/models)
	@touch $@

$(RUNNER): $(BUILD)/vendor.stamp
	@vendor/sysroot $(ARCH)
	@printf '#!/bin/sh\nexec qemu-$(ARCH)-static -L $(SYSROOT) "$$@"\n' > $@
	@chmod +x $@

# Links the program of these objects, and leaves to ld.so what a start needs of its relocations. It has its name
# when it is whole: a make that is killed leaves none that looks up to date.
define link
@$(CC) $(LDFLAGS) -Wl,-Map=$@.map -o $@.linked $(1) $(LIBS)
@$(VENDOR)/bin/luajit host/late_relocations.lua $@.linked $@.map $@.new
@chmod +x $@.new
@mv $@.new $@
endef

$(BUILD)/bootstrap: $(OBJECTS) host/exports.list host/late_relocations.lua
	@echo "  link  $@"
	$(call link,$(OBJECTS))

# What serves a function on this machine; libmicrohttpd is the system's.
build/invoke-local: $(LOCAL) build/local.stamp
	@echo "  link  $@"
	@$(CC) $(LDFLAGS) -o $@.new $(LOCAL) $(LIBS) -lmicrohttpd
	@mv $@.new $@

build/local.stamp:
	@scripts/install-packages local
	@mkdir -p $(@D)
	@touch $@

$(filter build/obj/host/local/%,$(LOCAL)): build/local.stamp

$(BUILD)/obj/%.o: %.c $(BUILD)/vendor.stamp
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/spec/c/%: spec/c/%.c $(PURE:%=$(BUILD)/sanitized/%.o) $(BUILD)/vendor.stamp $(RUNNER)
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -pie -o $@ $(filter %.c %.o,$^) $(CMOCKA) $(LIBS) -lm -lcmocka

$(BUILD)/sanitized/%.o: host/%.c $(BUILD)/vendor.stamp
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

$(BUILD)/gen/library.c: host/embed.lua $(LIBRARY:%=host/lib/%) $(BUILD)/vendor.stamp
	@mkdir -p $(@D)
	@echo "  embed $@"
	@LUA_PATH='$(VENDOR)/share/luajit/?.lua' $(VENDOR)/bin/luajit host/embed.lua host/lib $@ $(LIBRARY)

-include spec/hardened.mk

# The program with one more root, which spec/bench makes: that of its own server.
build/bench/roots.o: host/roots.c build/bench/tls/amazon-roots.pem build/vendor.stamp
	@$(CC) -Wa,-Ibuild/bench/tls $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

build/bench/bootstrap: build/bench/roots.o $(OBJECTS) host/exports.list host/late_relocations.lua
	$(call link,$(OBJECTS:%/host/roots.o=build/bench/roots.o))

-include $(shell find $(BUILD)/obj $(BUILD)/sanitized $(BUILD)/spec $(BUILD)/fuzz -name '*.d' 2>/dev/null)
