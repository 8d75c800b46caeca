#!/usr/bin/env bash
# Damages a small model file in random bits, 10,000 times or as often as the first argument says: every one must be
# refused or run within its limits. Built and run as the test suite is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
TTAME_FLIPS="${1:-10000}" swift test -c release --filter flippedBitsEndInAnErrorOrARun
