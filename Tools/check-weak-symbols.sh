#!/usr/bin/env bash
# Looks for symbols that could carry the code of one instruction-set tier into another.
#
# The linker keeps one copy of a weak symbol. If a tier's object shared one with an object that is compiled for an
# older CPU, that CPU could be given instructions it lacks. So a tier may define weak symbols only if their names hold
# the tier's own module, or if they are on the list below and no object outside the tier defines them.
#
# usage: check-weak-symbols.sh [BUILD_FOLDER]     default: .build/release
#        check-weak-symbols.sh --self-test        plants such a symbol and expects to find it
set -euo pipefail

tiers=(SSE4 AVX2 AVXVNNI AVX512VNNI AVX512BF16)

# A constant, the same in every object.
shared='^__swift_reflection_version$'
# Specializations of the standard library for vectors of one width, each used by one tier alone.
only_here='^\$ss11InlineArrayV9repeating'

# Prints "NAME TYPE OBJECT" of every defined symbol of the given objects.
symbols() {
  nm --portability --defined-only --print-file-name "$@" 2>/dev/null | awk 'NF >= 3 {print $2, $3, $1}' || true
}

check() {
  local build=$1 failed=0
  [ ! -d "$build/KernelsNEON.build" ] || tiers=(NEON DOTPROD I8MM)
  for tier in "${tiers[@]}"; do
    local module="Kernels$tier"
    local objects=("$build/$module.build"/*.o)
    [ -e "${objects[0]}" ] || { echo "check-weak-symbols: no objects in $build/$module.build" >&2; return 2; }
    local others=()
    for object in "$build"/*.build/*.o; do
      case $object in "$build/$module.build/"*) ;; *) others+=("$object") ;; esac
    done
    local elsewhere
    elsewhere=$(symbols "${others[@]}" | cut -d' ' -f1 | sort -u)
    while read -r name type object; do
      [[ $type == [WVu] ]] || continue
      [[ $name =~ $shared || $name == "\$s${#module}$module"* ]] && continue
      if [[ $name =~ $only_here ]] && ! grep -qxF -- "$name" <<<"$elsewhere"; then continue; fi
      echo "weak symbol in tier $tier: $name ($type) in $object" >&2
      failed=1
    done < <(symbols "${objects[@]}")
  done
  return $failed
}

self_test() {
  planted=$(mktemp -d)
  trap 'rm -rf "$planted"' EXIT
  local build=$planted
  for tier in "${tiers[@]}"; do
    mkdir "$build/Kernels$tier.build"
    echo 'void plain(void) {}' | clang -x c -c - -o "$build/Kernels$tier.build/plain.o"
  done
  check "$build" || { echo "check-weak-symbols: refuses harmless objects" >&2; return 1; }
  echo '__attribute__((weak)) void planted(void) {}' | clang -x c -c - -o "$build/KernelsAVX2.build/planted.o"
  if check "$build" 2>/dev/null; then
    echo "check-weak-symbols: overlooks a planted symbol" >&2
    return 1
  fi
}

if [ "${1-}" = --self-test ]; then self_test; else check "${1:-.build/release}"; fi
