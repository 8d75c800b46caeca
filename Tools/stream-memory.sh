#!/usr/bin/env bash
# Streams a million small frames, or as many as the first argument says, through `classify` and `explain`, as PNG, PNM and JPEG,
# the last in every framing that cameras send, and prints the memory that the program has and had at most on the way. Built and
# run as the test suite is, with a model that takes no time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
TTAME_STREAM_FRAMES="${1:-1000000}" swift test -c release --filter memoryStaysConstant
