#!/usr/bin/env bash
# Builds for aarch64 Linux on an x86-64 Debian machine and runs the result under qemu.
#
# usage: cross.sh build              the static, stripped binary: .build-arm64/ttame-lite
#        cross.sh test [FILTER]      all tests (or those that match) on each CPU model; fails if on one of them none ran.
#                                    TTAME_EMULATED, which it sets (`first`, then `again`), makes tests leave out what takes
#                                    too long, or was shown on the first CPU model and does not depend on it
#        cross.sh run ARGUMENT..     the binary on each CPU model
#        cross.sh setup | clean      fetches, or removes, the compiler and everything built
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/toolchain.sh"

binary=$store/ttame-lite

# Debian's compiler is built with assertions and stops where its own passes leave the intermediate code in a form that
# release compilers never look at; -sil-verify-none makes it one of them.
swift_build() {
  inside swift build --package-path "$root" --swift-sdks-path "$toolchain/sdk" --swift-sdk ttame-arm64 \
    --disable-keychain -c release -Xswiftc -Xfrontend -Xswiftc -sil-verify-none "$@"
}

build() {
  swift_build --scratch-path "$store/build" --product ttame-lite --static-swift-stdlib -Xlinker --gc-sections
  "$root/Tools/check-weak-symbols.sh" "$store/build/$triple/release"
  cp "$store/build/$triple/release/ttame-lite" "$binary"
  if readelf -ld "$binary" | grep -E 'INTERP|NEEDED'; then die "$binary is not static"; fi
  say "$binary: $(stat -c %s "$binary") bytes, static, stripped"
}

build_tests() {
  # The tests' product alone: the program links statically, which the shared libraries of the tests do not allow.
  swift_build --scratch-path "$store/build-tests" -Xswiftc -enable-testing --product ttame-litePackageTests
  # Tests of the command line run the static binary, through this, on the CPU model that they run on themselves.
  printf '#!/bin/sh\nexec qemu-aarch64-static -cpu "$TTAME_CPU" "%s" "$@"\n' "$binary" >"$store/ttame-lite-on-cpu"
  chmod +x "$store/ttame-lite-on-cpu"
}

run_tests() {
  local bundle failed=0 cpu log best summary= round=first
  bundle=$(echo "$store/build-tests/$triple/release/"*.xctest)
  log=$(mktemp)
  for cpu in $cpus; do
    say "tests on $cpu"
    best=$(tiers "$cpu" | awk '{print tolower($NF)}')
    on "$cpu" "$binary" info | grep "^instruction sets .*$best (used)" >&2 ||
      { say "FAILED: $cpu should use $best"; failed=1; }
    QEMU_LD_PREFIX=$target TTAME_CPU=$(model "$cpu") TTAME_BINARY=$store/ttame-lite-on-cpu TTAME_EMULATED=$round \
      on "$cpu" -E LD_LIBRARY_PATH="$target/usr/lib/swift/linux" "$bundle" --testing-library swift-testing \
      ${1:+--filter "$1"} 2>&1 | tee "$log" || { say "FAILED on $cpu"; failed=1; }
    round=again
    summary+=$(summarize "$cpu" "$log")$'\n' || { say "FAILED: no test ran on $cpu"; failed=1; }
  done
  rm -f "$log"
  printf '%s' "$summary"
  return $failed
}

# summarize CPU LOG: how many tests ran and what was left out; fails if none ran.
summarize() {
  sed 's/\x1b\[[0-9;]*m//g' "$2" | awk -v cpu="$1" '
    / (Test|Suite) .* skipped/ { skipped++ }
    /^Left out under emulation/ { left++ }
    match($0, /Test run with [0-9]+ tests?/) { tests = substr($0, RSTART + 14, RLENGTH) + 0; result = $0 }
    END {
      sub(/.*Test run/, "test run", result)
      printf "%s: %s %d tests and suites skipped, %d cases left out.\n", cpu, result, skipped, left
      exit tests == 0
    }'
}

case ${1-} in
  setup) need_packages; setup ;;
  build) need_packages binutils; setup; build ;;
  test) need_packages binutils; setup; build; build_tests; run_tests "${2-}" ;;
  run)
    failed=0
    for cpu in $cpus; do
      say "on $cpu:"
      on "$cpu" "$binary" "${@:2}" || { say "FAILED on $cpu"; failed=1; }
    done
    exit $failed ;;
  clean) rm -rf "$store" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
