# udocker
#   make demo    build, then pull, create and run a real image from an embedded registry (two minutes)
#   make test    install what the tests need, run everything, print one closing line
#   make build   dist/udocker for this machine;  make build-aarch64  for the other one
#   make bench   ratios against the peers, written to docs/benchmarks.md and docs/benchmarks-engine.md
# Needs Node 20+, npm, make and gcc.
SHELL := /bin/sh
MACHINE := $(shell uname -m)
PLATFORM := $(if $(filter aarch64,$(MACHINE)),aarch64,x64)
BUN := node_modules/@oven/bun-linux-$(PLATFORM)/bin/bun
BIOME := node_modules/@biomejs/cli-linux-$(if $(filter aarch64,$(MACHINE)),arm64,x64)/biome
DEPS := node_modules/.package-lock.json
CROSS := build/cross/node_modules/.package-lock.json
SOURCES := $(shell find src -name '*.ts' -not -name '*.test.ts') package.json scripts/build.ts
NATIVE_SOURCES := $(shell find native/src native/Makefile -type f 2>/dev/null)
LINTED := src test bench scripts

.PHONY: build build-aarch64 deps native check format unit test demo bench clean

build: dist/udocker
dist/udocker: $(SOURCES) build/native/$(MACHINE)/udocker-engine | $(DEPS)
	$(BUN) scripts/build.ts $(MACHINE) $@

build-aarch64: dist/udocker-aarch64
dist/udocker-aarch64: $(SOURCES) build/native/aarch64/udocker-engine | $(DEPS) $(CROSS)
	$(BUN) scripts/build.ts aarch64 $@

# The runtime of the other CPU comes from the same lockfile.
$(CROSS): package.json package-lock.json
	mkdir -p build/cross && cp package.json package-lock.json build/cross/
	cd build/cross && npm ci --ignore-scripts --omit=dev --cpu=arm64 --no-audit --no-fund
	@touch $@

deps: $(DEPS)
$(DEPS): package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

native: build/native/$(MACHINE)/udocker-engine
build/native/%/udocker-engine: $(NATIVE_SOURCES)
	mkdir -p $(@D)
	$(MAKE) -C native ARCH=$* OUT=$(abspath $(@D))

check: $(DEPS)
	node_modules/.bin/tsc --noEmit
	$(BIOME) check --error-on-warnings $(LINTED)

format: $(DEPS)
	$(BIOME) check --write $(LINTED)

unit: $(DEPS)
	$(BUN) test src

test: $(DEPS)
	sh scripts/install-test-programs.sh
	$(BUN) scripts/test.ts

demo: $(DEPS)
	$(MAKE) build
	$(BUN) scripts/demo.ts

bench: $(DEPS)
	sh scripts/install-test-programs.sh
	$(MAKE) build native
	$(BUN) bench/all.ts
	bash bench/engine/run.sh --write docs/benchmarks-engine.md

clean:
	rm -rf build dist
