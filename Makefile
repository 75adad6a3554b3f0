# Short names for the scripts in tools/, which hold the work. Variables: ARGS (passed on), PREFIX (install),
# MANTA_CACHE (third-party builds and models, default ~/.cache/manta).
MAKEFLAGS += --no-print-directory
MANTA_CACHE ?= $(HOME)/.cache/manta
export MANTA_CACHE
PREFIX ?= /usr/local
ARGS ?=

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup ray build run check
setup: ## Install packages, build third-party libraries, fetch the models; redoes only what changed
	@tools/setup

ray: ## What a Ray cluster's machines need besides (Python packages, 500 MB); nothing else needs it
	@tools/setup ray

build: ## Release build, in build/release
	@tools/build release

run: ## Set up, build and start the example application; ARGS="--http-port 9000" is passed to `manta run`
	@exec tools/run $(ARGS)

check: ## The inner loop: dev build and unit tests; ARGS="-R Router" is passed to ctest
	@tools/test check -- $(ARGS)

.PHONY: test lint unit counts integration e2e asan tsan fuzz test-ray
test: ## Everything CI runs: the stages below, in under an hour
	@tools/test

lint: ## Formatting, clang-tidy, layering, documents
	@tools/test lint -- $(ARGS)

unit: ## Unit tests, release build
	@tools/test unit -- $(ARGS)

counts: ## What the hot paths cost, against what is kept in bench/counts; release build
	@tools/test counts -- $(ARGS)

integration: ## Real processes, sockets, models; release build
	@tools/test integration -- $(ARGS)

e2e: ## The binary as users drive it, by pytest; release build
	@tools/test e2e -- $(ARGS)

asan: ## Tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/test asan -- $(ARGS)

tsan: ## Tests under ThreadSanitizer
	@tools/test tsan -- $(ARGS)

test-ray: ## A Ray cluster of three nodes in network namespaces; sets up Ray (500 MB) for itself
	@tools/test ray -- $(ARGS)

fuzz: ## Each fuzzer for a bounded time
	@tools/test fuzz -- $(ARGS)

.PHONY: soak
soak: ## Mixed traffic with kills, rollouts and cancels for an hour; SOAK_SECONDS and SOAK_SEED change that
	@tools/build release && SOAK_SECONDS=$${SOAK_SECONDS:-3600} MANTA_TEST_BUILD=$(CURDIR)/build/release \
	  /usr/bin/python3 tests/integration/process_soak_test.py -v

.PHONY: bench install format clean
bench: ## Benchmarks beside the peers, into docs/performance.md (under an hour); ARGS go to bench/run
	@tools/setup -q bench && tools/build release && bench/run $(ARGS)

install: ## Install the release build to PREFIX (default /usr/local); SERVE=1 also under the name `serve`
	@tools/build release && cmake --install build/release --prefix "$(PREFIX)" \
	  && { [ -z "$(SERVE)" ] || cmake --install build/release --prefix "$(PREFIX)" --component serve; }

format: ## Format C++ sources in place
	@git ls-files -co --exclude-standard '*.h' '*.cc' | xargs clang-format-19 -i

clean: ## Remove build/ (third-party builds and models stay in MANTA_CACHE)
	@rm -rf build
