# udocker: `make build`, `make demo`, `make test`, `make bench`. Needs Node 20+, npm, make and gcc.
SHELL := /bin/sh
NPM_STAMP := node_modules/.package-lock.json
BUN := node_modules/@oven/bun-linux-$(if $(filter aarch64,$(shell uname -m)),aarch64,x64)/bin/bun

.PHONY: deps unit check
deps: $(NPM_STAMP)
$(NPM_STAMP): package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Types, format and lint.
check: deps
	node_modules/.bin/tsc --noEmit
	node_modules/.bin/biome check --error-on-warnings src test bench scripts

unit: deps
	$(BUN) test src
