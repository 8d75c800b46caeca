#!/usr/bin/env bash
# Runs the test suite, and the program that it starts, under a sanitizer.
#
# usage: sanitize.sh address|thread [OPTIONS of swift test]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sanitizer=$1
shift
scratch=.build-$sanitizer
# The configuration "debug" with optimisation: sanitizers cannot be linked into a static executable, which "release" makes.
# Preconditions are checked, as -O replaces -Ounchecked.
options=(--sanitize "$sanitizer" --scratch-path "$scratch" -Xswiftc -O)
swift build --build-tests "${options[@]}"
TTAME_BINARY=$PWD/$scratch/debug/ttame-lite swift test --skip-build "${options[@]}" "$@"
