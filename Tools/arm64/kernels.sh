#!/usr/bin/env bash
# The fast check of the ARM kernels: every tier and the reference as Embedded Swift, with this machine's own Swift and
# Debian's arm64 C library (8 MB of downloads), run under qemu on CPU models with and without the instructions.
#
# usage: kernels.sh          build, run each tier on each CPU model that has it, fail on any wrong result
#        kernels.sh build    build alone
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=bookworm
sysroot=$store/libc
build=$store/kernels

# A tier's instruction set.
flags() {
  case $1 in
    NEON) echo armv8-a ;;
    DOTPROD) echo armv8.2-a+dotprod ;;
    I8MM) echo armv8.2-a+dotprod+i8mm ;;
  esac
}

fetch_libc() {
  [ ! -e "$sysroot/.done" ] || return 0
  say "fetching the arm64 C library"
  rm -rf "$sysroot" "$store/apt-libc"
  mkdir -p "$sysroot/usr/lib" "$sysroot/debs"
  ln -s usr/lib "$sysroot/lib"
  apt_state "$store/apt-libc" arm64 $suite
  (
    export APT_CONFIG=$store/apt-libc/apt.conf
    cd "$sysroot/debs"
    apt-get -qq download libc6 libc6-dev linux-libc-dev \
      "$(apt-cache pkgnames libgcc- | grep -E '^libgcc-[0-9]+-dev$' | sort -V | tail -1)"
  )
  for package in "$sysroot"/debs/*.deb; do
    unpack "$package" "$sysroot" --exclude=./usr/share --exclude=./usr/bin --exclude=./usr/sbin --exclude=./sbin \
      --exclude='*/gconv*'
  done
  rm -rf "$sysroot/debs" "$store/apt-libc"
  touch "$sysroot/.done"
}

build_tiers() {
  local swiftc clang unicode kernels=$root/Sources/Kernels shim=$root/Sources/CShim
  swiftc=$(command -v swiftc) || die "swiftc is not on the PATH"
  clang=$(dirname "$(readlink -f "$swiftc")")/clang
  # What comparing two strings takes.
  unicode=$(dirname "$clang")/../lib/swift/embedded/aarch64-none-none-elf/libswiftUnicodeDataTables.a
  rm -rf "$build"
  mkdir -p "$build"
  # Embedded Swift has no Glibc module; these few headers are all that the kernels take from it.
  cat >"$build/module.modulemap" <<MAP
module CShim { umbrella "$shim/include" export * }
module Glibc { header "$here/KernelCheck/libc.h" export * }
MAP
  local target=(-target aarch64-linux-gnu --sysroot="$sysroot")
  for source in "$shim"/*.c; do
    "$clang" "${target[@]}" -O2 -I"$shim/include" -c "$source" -o "$build/$(basename "$source").o"
  done
  # All of the module but what another CPU, Foundation's coding or clocks are needed for.
  local sources=("$here"/KernelCheck/*.swift "$kernels"/{Reference,Operators,Benchmark/Shapes}/*.swift
    "$kernels"/Benchmark/{AlignedMemory,KernelOperands,KernelResult,KernelRun,OperandMemory,PreparedMemory}.swift)
  for source in "$kernels"/{Tier,Runtime}/*.swift; do
    case $source in */VectorX86.swift | */TierFunctions*.swift | */UsableCores.swift | */ControlGroups.swift) ;; *) sources+=("$source") ;; esac
  done
  for tier in NEON DOTPROD I8MM; do
    "$swiftc" -target aarch64-none-none-elf -enable-experimental-feature Embedded -wmo -Ounchecked -parse-as-library \
      -swift-version 6 -package-name ttame-lite -module-name "Kernels$tier" -D "TIER_$tier" -Xllvm -unroll-threshold=400 \
      -Xcc -march="$(flags $tier)" -Xcc -D__linux__ -Xcc -isystem -Xcc "$sysroot/usr/include/aarch64-linux-gnu" \
      -Xcc -isystem -Xcc "$sysroot/usr/include" -Xcc -fmodule-map-file="$build/module.modulemap" \
      -c "${sources[@]}" -o "$build/$tier.o"
    "$clang" "${target[@]}" -static -fuse-ld=lld -Wl,--gc-sections -o "$build/check-$tier" "$build/$tier.o" \
      "$build"/*.c.o "$unicode" -lm
  done
}

run_tiers() {
  local failed=0 cpu tier output want
  for cpu in $cpus; do
    want="features: $(tiers "$cpu" | tr '[:upper:]' '[:lower:]')"
    for tier in $(tiers "$cpu"); do
      if ! output=$(on "$cpu" "$build/check-$tier"); then
        say "FAILED: $tier on $cpu"
        failed=1
      elif ! grep -qxF "$want" <<<"$output"; then
        say "FAILED: $cpu should have '$want'"
        failed=1
      fi
      echo "$tier on $cpu: $(tail -n +2 <<<"$output")"
    done
  done
  return $failed
}

case ${1-} in
  '') need_packages; fetch_libc; build_tiers; run_tiers ;;
  build) need_packages; fetch_libc; build_tiers ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
