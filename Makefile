# Lobule: build, test, install. `make demo` and `make test` install what they need first.
#   make BUILD=dir   another build folder      make WERROR=1   warnings are errors
#   make SAN=1       address and undefined-behaviour sanitizers (`make asan` does all of it)
BUILD   ?= build
PREFIX  ?= /usr/local
CC      := gcc
CFLAGS  ?= -O2 -g
VERSION := 0.1.0

# make V=1 shows the commands.
ifndef V
Q := @
endif
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
ifdef WERROR
WARN += -Werror
endif
ifdef SAN
override CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
  -fno-omit-frame-pointer
endif
# Bits must not depend on what the compiler fancies: no contraction, no fast-math.
FLAGS = -std=c11 -D_GNU_SOURCE -DLOBULE_VERSION='"$(VERSION)"' $(WARN) -fPIC -fopenmp \
  -ffp-contract=off -Isrc $(shell pkg-config --cflags lua5.4 gsl libcjson) $(CFLAGS)
# The program holds Lua whole and exports it, so that C modules of others find it; GSL only as far as used.
# OpenMP is linked in, so that what src/host/waiting.c says comes before the library reads it.
LIBS     = -Wl,-Bstatic -lgsl -lgslcblas -lgomp -Wl,-Bdynamic -lcjson -ldl -lm
LUA_LIB  = -Wl,-E -Wl,--whole-archive -l:liblua5.4.a -Wl,--no-whole-archive

CORE    := $(sort $(wildcard src/base/*.c src/frame/*.c src/expr/*.c src/model/*.c src/io/*.c \
             src/stats/*.c src/stats/*/*.c))
BIND    := $(sort $(wildcard src/bind/*.c))
HOST    := $(sort $(wildcard src/host/*.c))
LUA     := $(sort $(shell find lua -name '*.lua' -o -path '*/recipes/*.csv'))
C_TESTS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/*/test_*.c)))
REPLAY  := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
CORE_O  := $(CORE:%.c=$(BUILD)/%.o)
BIND_O  := $(BIND:%.c=$(BUILD)/%.o)
HOST_O  := $(HOST:%.c=$(BUILD)/%.o)

.PHONY: all demo test asan bench bench-peers fuzz install uninstall format lint clean deps
.SECONDARY:

all: $(BUILD)/lobule $(BUILD)/module/lobule/core.so $(BUILD)/meta/lobule.lua

$(BUILD)/lobule: $(CORE_O) $(BIND_O) $(HOST_O) $(BUILD)/embed.o
	@echo "linking $@"
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(LUA_LIB) $(LIBS) $(LDFLAGS)

# nodelete: a module that uses OpenMP must stay loaded when lua_close unloads it.
$(BUILD)/module/lobule/core.so: $(CORE_O) $(BIND_O)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-z,nodelete -o $@ $^ -lgsl -lgslcblas -lcjson -lm -fopenmp $(LDFLAGS)

# For editors.
$(BUILD)/meta/lobule.lua: $(BUILD)/lobule scripts/dev/stubs.lua
	@mkdir -p $(@D)
	$(Q)$(BUILD)/lobule scripts/dev/stubs.lua >$@.tmp && mv $@.tmp $@

$(BUILD)/embed: scripts/dev/embed.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -o $@ $< -l:liblua5.4.a -ldl -lm $(LDFLAGS)

$(BUILD)/embed.s: $(BUILD)/embed $(LUA)
	$(Q)$(BUILD)/embed $(BUILD)/embed $(LUA)

$(BUILD)/embed.o: $(BUILD)/embed.s
	$(Q)$(CC) -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "compiling $<"
	$(Q)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

# Files of inner loops, written so that the compiler turns them into vector code; nothing
# here looks at floating-point flags, and comparisons that may raise one are not made into vectors.
$(BUILD)/src/stats/%_kernel.o $(BUILD)/src/model/%_kernel.o: FLAGS += -O3 -fno-trapping-math
$(BUILD)/src/base/%_kernel.o $(BUILD)/src/frame/%_kernel.o $(BUILD)/src/expr/%_kernel.o \
  $(BUILD)/src/expr/kernel_%.o: FLAGS += -O3 -fno-trapping-math -fno-math-errno

# Plain loops over all rows.
$(BUILD)/src/model/%.o $(BUILD)/src/stats/surv.o $(BUILD)/src/base/select.o \
  $(BUILD)/src/expr/program.o: FLAGS += -O3
$(patsubst %,$(BUILD)/src/frame/%.o,order_part group gather_records): FLAGS += -O3

# C tests of a layer link the core, never Lua.
$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -Itests/support -MMD -MP -c -o $@ $<
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(CORE_O)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(LIBS) $(LDFLAGS)
$(BUILD)/tests/fuzz/fuzz_report: $(BUILD)/tests/fuzz/fuzz_report.o $(BUILD)/tests/fuzz/replay.o $(CORE_O) $(BIND_O)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(LUA_LIB) $(LIBS) $(LDFLAGS)
$(BUILD)/tests/stats/test_%: $(BUILD)/tests/stats/test_%.o $(filter $(BUILD)/src/base/% $(BUILD)/src/stats/%,$(CORE_O))
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lcmocka $(LIBS) $(LDFLAGS)
$(BUILD)/tests/host/test_sandbox: $(BUILD)/tests/host/test_sandbox.o $(BUILD)/src/host/sandbox.o $(CORE_O)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lcmocka -lseccomp $(LIBS) $(LDFLAGS)
$(BUILD)/tests/io/test_csv_source: LDFLAGS += -lz
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(CORE_O)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lcmocka $(LIBS) $(LDFLAGS)

test: deps
	@$(MAKE) --no-print-directory all tests
	@BUILD=$(BUILD) SAN=$(SAN) sh scripts/dev/test.sh $(C_TESTS)
.PHONY: tests
tests: $(C_TESTS) $(REPLAY)

asan:
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)/asan SAN=1

demo: deps
	@$(MAKE) --no-print-directory $(BUILD)/lobule
	@mkdir -p $(BUILD)/demo
	$(BUILD)/lobule scripts/net_embolization.lua $(BUILD)/demo
	$(BUILD)/lobule scripts/pbc_survival.lua $(BUILD)/demo

deps:
	@sh scripts/dev/deps.sh build

bench: all
	@BUILD=$(BUILD) sh tests/bench/run.sh

# The programs that `make bench` compares with: Debian packages, and npm packages into $(BUILD)/peers.
bench-peers:
	@BUILD=$(BUILD) sh tests/bench/peers.sh

FUZZ_SECONDS ?= 60
fuzz:
	@BUILD=$(BUILD) SECONDS_EACH=$(FUZZ_SECONDS) sh scripts/dev/fuzz.sh $(CORE)

lint:
	@sh scripts/dev/lint.sh

format:
	clang-format -i $(shell find src tests -name "*.[ch]" -not -path "tests/bench/*")

install: all
	@BUILD="$(BUILD)" DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh scripts/dev/install.sh install

uninstall:
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh scripts/dev/install.sh uninstall

clean:
	rm -rf $(BUILD)

-include $(CORE_O:.o=.d) $(BIND_O:.o=.d) $(HOST_O:.o=.d) $(wildcard $(BUILD)/tests/*/*.d)
