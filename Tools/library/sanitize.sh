#!/usr/bin/env bash
# Runs check.c with the library, the Swift code included, under a sanitizer: threads that share a model, and wrong arguments.
#
# usage: Tools/library/sanitize.sh address|thread
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case ${1-} in
  address | thread) sanitizer=$1 ;;
  *) sed -n '4s/^# //p' "$0"; exit 2 ;;
esac
scratch=.build-$sanitizer
# The options of Tools/sanitize.sh, so that nothing is compiled twice.
swift build --product ttame --sanitize "$sanitizer" --scratch-path "$scratch" -Xswiftc -O
clang -c -O1 -g -fsanitize="$sanitizer" -ISources/CTTAME/include -o "$scratch/check.o" Tools/library/check.c
echo >"$scratch/empty.swift"
swiftc -sanitize="$sanitizer" -parse-as-library -module-name check "$scratch/empty.swift" "$scratch/check.o" \
  @"$scratch/debug/ttame.product/Objects.LinkFileList" \
  -lturbojpeg -lpng16 -ldeflate -lz -lm -o "$scratch/check"
# What the Swift runtime holds at the end counts as leaked; check.sh looks for leaks from C.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
"$scratch/check" weights/efficientnet-lite0.safetensors Tests/Fixtures/photos/espresso.jpg "${SECONDS_OF_WRONG_CALLS:-20}" "${SEED:-1}"
