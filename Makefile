# ttame-lite: build, test and install. `make help` lists the targets.

PREFIX ?= /usr/local
BINARY := .build/release/ttame-lite
PHOTO := Tests/Fixtures/photos/espresso.jpg
# The classifier and the photographs to train on; not part of the repository.
DATA ?= ../shared
PACKAGES := libpng-dev libdeflate-dev libturbojpeg0-dev
TEST_PACKAGES := xz-utils
# The C library and its static archive; the Python package.
LIBRARY_PACKAGES := binutils gcc g++ zlib1g-dev
PYTHON_PACKAGES := python3-venv python3-pip python3-setuptools python3-wheel python3-numpy python3-pil
export TTAME_COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)
SOURCES := Sources Tests Tools/arm64/KernelCheck Tools/fuzz Package.swift Examples/Swift
# Said here, and not left to `swift test`, so that `swift build` with it compiles nothing again.
TESTABLE := -Xswiftc -enable-testing
# Seconds of fuzzing per target, and the target; all targets by default.
SECONDS ?= 60
TARGET ?=
# Processes that run random command lines in parallel.
JOBS ?= 1

.PHONY: help build library check-library install-library demo test lint format arm64 test-arm64 test-arm64-kernels fuzz fuzz-commands sanitize bench install dist dist-machine test-dist clean weights swift packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: packages ## build the static release binary, .build/release/ttame-lite
	@swift build -c release --product ttame-lite

library: packages ## build the C library, .build/library
	@Tools/install-packages.sh $(LIBRARY_PACKAGES)
	@Tools/library/build.sh

check-library: packages ## build the library, its examples and the Python package, and check them
	@Tools/install-packages.sh $(LIBRARY_PACKAGES) $(PYTHON_PACKAGES)
	@Tools/library/check.sh

install-library: library ## install the C library to $(DESTDIR)$(PREFIX)
	@Tools/library/install.sh "$(DESTDIR)" "$(PREFIX)"

demo: build ## explain a bundled photograph
	@$(BINARY) explain $(PHOTO) --style panel -o demo.png
	@echo "Wrote $(CURDIR)/demo.png"

test: packages ## run all tests
	@Tools/install-packages.sh $(TEST_PACKAGES)
	@swift test -c release --disable-testable-imports $(TESTABLE)

lint: swift ## check the format of the sources
	@swift format lint --strict --parallel --recursive $(SOURCES)

format: swift ## format the sources
	@swift format --in-place --parallel --recursive $(SOURCES)

arm64: swift ## cross-build the static binary for aarch64 Linux, .build-arm64/ttame-lite
	@Tools/arm64/cross.sh build

test-arm64: swift ## cross-build the tests and run them under qemu
	@Tools/arm64/cross.sh test

test-arm64-kernels: swift ## check the ARM kernels under qemu, with the installed Swift
	@Tools/arm64/kernels.sh

fuzz: packages ## feed the decoders and parsers damaged input for a minute each; SECONDS=N, TARGET=png
	@Tools/fuzz.sh $(SECONDS) $(TARGET)

fuzz-commands: build ## run random command lines for a minute and check every file; SECONDS=N, SEED=N, JOBS=N
	@Tools/fuzz-commands.py --binary $(BINARY) --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) --jobs $(JOBS)

sanitize: packages ## run all tests under AddressSanitizer, then under ThreadSanitizer
	@Tools/install-packages.sh $(TEST_PACKAGES)
	@Tools/sanitize.sh address
	@Tools/library/sanitize.sh address
	@Tools/sanitize.sh thread
	@Tools/library/sanitize.sh thread

bench: build ## measure speed on this machine
	@$(BINARY) bench

weights: build ## train the bundled model's head again; DATA=FOLDER holds its classifier and photographs
	@Tools/train-weights.sh $(DATA)

install: build ## install to $(DESTDIR)$(PREFIX)
	@install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/ttame-lite/weights
	@install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/ttame-lite
	@install -m 644 weights/*.safetensors $(DESTDIR)$(PREFIX)/share/ttame-lite/weights
	@command -v python3 >/dev/null || Tools/install-packages.sh python3
	@TTAME_MODELS="$(basename $(notdir $(sort $(wildcard weights/*.safetensors))))" \
	  Tools/dist/documents.sh $(BINARY) $(DESTDIR)$(PREFIX)/share
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/ttame-lite"

# Before what is built, so that a machine that cannot build both says so at once.
dist-machine:
	@[ "$$(uname -m)" = x86_64 ] || { echo "make dist builds for both machines on x86-64 Debian; this is $$(uname -m)." >&2; exit 1; }

dist: dist-machine build arm64 ## pack tarballs, Debian packages and OCI images for x86-64 and aarch64 into dist/
	@command -v python3 >/dev/null || Tools/install-packages.sh python3
	@Tools/install-packages.sh binutils
	@Tools/dist/dist.sh $(BINARY) .build-arm64/ttame-lite

test-dist: ## install and use what dist/ holds in fresh Debian 12 and 13, then remove it; needs root
	@Tools/dist/test.sh $(wildcard $(BINARY) .build-arm64/ttame-lite)

clean: ## remove what was built
	@rm -rf .build demo.png dist

packages: swift
	@Tools/install-packages.sh $(PACKAGES)

swift:
	@command -v swift >/dev/null || { \
	  echo "Swift 6.2 or later is needed; get it from https://www.swift.org/install/linux/ and put it on the PATH." >&2; \
	  exit 1; }
