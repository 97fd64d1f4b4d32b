# lualambda: `make help` lists the targets.

ARCH     ?= $(shell uname -m)
FUNCTION ?= auto-start-stop

CC        = gcc
VENDOR    = build/vendor
WARNINGS  = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla -Werror
CPPFLAGS  = -Ihost -I$(VENDOR)/include -D_GNU_SOURCE -DXML_STATIC \
            -DCURL_STATICLIB -Wa,-I$(VENDOR)/share
CFLAGS    = -std=gnu11 -O2 -g -fno-plt -fno-pie -ffunction-sections -fdata-sections $(WARNINGS)
LDFLAGS   = -no-pie -static-libgcc -Wl,--gc-sections,--as-needed,-O1,-z,relro,-z,now \
            -Wl,--dynamic-list=host/exports.list
LIBS      = -L$(VENDOR)/lib -lluajit -lcjson -lcurl -lssl -lcrypto -lexpat

SOURCES   = $(wildcard host/*.c) build/gen/library.c
OBJECTS   = $(SOURCES:%.c=build/obj/%.o)
LOCAL     = $(patsubst %.c,build/obj/%.o,$(filter-out host/main.c,$(SOURCES)) $(wildcard host/local/*.c))
LIBRARY   = $(filter-out bundle/% local/%,$(patsubst host/lib/%,%,$(shell find host/lib -name '*.lua' | LC_ALL=C sort)))

# C unit tests link the files that know no Lua, all under AddressSanitizer and UBSan.
PURE      = answer crc32 roots scalar shape sigv4 xml
SANITIZE  = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
C_TESTS   = $(patsubst spec/c/%.c,build/spec/c/%,$(wildcard spec/c/test_*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help demo test test-deploy lint bench vendor vendor-update clean

all: build/bootstrap  ## Build the program

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' Makefile | expand -t 16

demo: build/bootstrap  ## Show FUNCTION (auto-start-stop) at work against a local AWS
	@scripts/demo $(FUNCTION)

test: build/bootstrap build/invoke-local  ## Run everything that checks: C unit tests, specs, end to end
	@scripts/install-packages test aws
	@$(MAKE) -s $(C_TESTS) fuzzers
	@spec/run

test-deploy: build/bootstrap  ## Run the deployment's checks alone: Terraform against a local AWS
	@scripts/install-packages test aws
	@spec/run spec/deploy scripts/lib/new-lambda

lint: build/vendor.stamp build/local.stamp  ## Check style and warnings
	@scripts/install-packages lint
	@scripts/lint

bench: build/bootstrap  ## Measure, as ratios within one run
	@spec/bench/run

vendor: build/vendor.stamp  ## Build the third-party parts into the cache

vendor-update:  ## Propose newer versions of the third-party parts
	@vendor/update

clean:  ## Remove what was built here; the cache of third-party parts stays
	rm -rf build output

# Third-party parts: vendor/build does nothing when its cache holds them already.
build/vendor.stamp: $(shell find vendor -type f)
	@scripts/install-packages build
	@vendor/build
	@touch $@

build/bootstrap: $(OBJECTS) host/exports.list
	@echo "  link  $@"
	@$(CC) $(LDFLAGS) -o $@ $(OBJECTS) $(LIBS)

# What serves a function on this machine; libmicrohttpd is the system's.
build/invoke-local: $(LOCAL) build/local.stamp
	@echo "  link  $@"
	@$(CC) $(LDFLAGS) -o $@ $(LOCAL) $(LIBS) -lmicrohttpd

build/local.stamp:
	@scripts/install-packages local
	@mkdir -p $(@D)
	@touch $@

$(filter build/obj/host/local/%,$(LOCAL)): build/local.stamp

build/obj/%.o: %.c build/vendor.stamp
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

build/spec/c/%: spec/c/%.c $(PURE:%=build/sanitized/%.o) build/vendor.stamp
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -no-pie -o $@ $(filter %.c %.o,$^) $(LIBS) -lm -lcmocka

build/sanitized/%.o: host/%.c build/vendor.stamp
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

build/gen/library.c: host/embed.lua $(LIBRARY:%=host/lib/%) build/vendor.stamp
	@mkdir -p $(@D)
	@echo "  embed $@"
	@LUA_PATH='$(VENDOR)/share/luajit/?.lua' $(VENDOR)/bin/luajit host/embed.lua host/lib $@ $(LIBRARY)

-include spec/hardened.mk

-include $(shell find build -name '*.d' 2>/dev/null)
