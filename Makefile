# Patchboard's commands. "make" alone lists them; the longer ones are scripts/.
.DEFAULT_GOAL := help
.PHONY: help run build test check bench pgo generate browser e2e e2e-browsers screenshots fuzz clean

FUZZTIME ?= 30s

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start the demo (http://localhost:8480; ARGS=--fresh starts anew)
	bin/patchboard demo $(ARGS)

build: ## build the console and bin/patchboard
	scripts/console
	CGO_ENABLED=0 go build -trimpath -o bin/patchboard ./cmd/patchboard

test: ## every test on SQLite and Postgres, the race detector, the console in a browser, the built binary
	scripts/test

check: ## what is quick: form, types, lint, repository rules, unit tests on SQLite
	scripts/check

bench: ## measure speed and memory against the yardsticks of bench/PERFORMANCE.md
	DURABLE_POSTGRES=1 scripts/with-postgres go run ./bench $(ARGS)

pgo: ## profile the hot paths anew; the compiler optimizes the program by it
	DURABLE_POSTGRES=1 scripts/with-postgres go run -trimpath ./bench pgo

generate: ## write generated pages and golden files anew
	scripts/generate

browser: ## only the tests of the console in a browser
	scripts/test browser

e2e: ## only the tests of the built binary
	scripts/test e2e

e2e-browsers: build ## what matters most in the console, in Firefox and in WebKit (not part of make test)
	cd web && ../scripts/with-other-browsers npx vitest run --config e2e-browsers/vitest.config.ts

screenshots: ## pictures of every screen of the console (ARGS="-g webhook" takes some)
	scripts/screenshots $(ARGS)

fuzz: ## run every fuzz test for FUZZTIME (default 30s)
	FUZZTIME=$(FUZZTIME) scripts/fuzz

clean: ## remove what was built, and the demo's data
	rm -rf bin build .demo internal/ui/dist/app web/test-results
