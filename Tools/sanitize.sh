#!/usr/bin/env bash
# Runs the test suite, and the program that it starts, under a sanitizer.
#
# usage: sanitize.sh address|thread [OPTIONS of swift test]
#
# Imports work on one thread, and take ThreadSanitizer most of an hour: they are left out of "thread".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1-} in
  address) sanitizer=$1 selection=() ;;
  thread) sanitizer=$1 selection=(--skip 'Tests\.Import') ;;
  *) sed -n '4s/^# //p' "$0"; exit 2 ;;
esac
shift
scratch=.build-$sanitizer
# The configuration "debug" with optimisation: sanitizers cannot be linked into a static executable, which "release"
# makes. Preconditions are checked, as -O replaces -Ounchecked.
options=(--sanitize "$sanitizer" --scratch-path "$scratch" -Xswiftc -O)
swift build --build-tests "${options[@]}"
# What a process still holds when it calls exit() counts as leaked, because the compiler drops references that nobody
# reads any more. Fuzzing looks for leaks after each input instead.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
TTAME_SANITIZED=1 TTAME_BINARY=$PWD/$scratch/debug/ttame-lite swift test --skip-build --disable-xctest "${options[@]}" "${selection[@]}" "$@"
