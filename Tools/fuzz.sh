#!/usr/bin/env bash
# Feeds what reads bytes of strangers with mutated inputs (libFuzzer, AddressSanitizer), starting from the inputs in
# Tests/Fixtures/fuzz. New inputs that reach new code are kept in .build-fuzz/corpus, findings in .build-fuzz/findings.
#
# usage: fuzz.sh SECONDS [TARGET...]    fuzz each of these targets, or all, so long; fails with the first finding
#        fuzz.sh build                  build alone; then .build-fuzz/bin/TARGET FILE runs one input again
#        fuzz.sh minimize [TARGET...]   renew the fixtures: the fewest that reach what they and short new inputs do
#
# SEED=N in the environment: from an empty corpus, the same inputs in the same order (0: others each time).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fixtures=$root/Tests/Fixtures/fuzz
work=$root/.build-fuzz
targets=(png jpeg pnm stream model onnx text)

# The longest input. Longer ones find no more in these formats, and take longer.
longest() {
  case $1 in
    png | jpeg | stream) echo 4096 ;;
    model) echo 8192 ;;
    onnx) echo 16384 ;;
    pnm | text) echo 2048 ;;
    *) echo "$1 is no target; there are: ${targets[*]}" >&2; exit 2 ;;
  esac
}

build() {
  # Both sanitizers in one option: of several, the compiler takes the last one alone.
  # -O in place of -Ounchecked, so that the kernels' preconditions and sums that overflow are findings too. libpng and
  # libjpeg-turbo are the system's, without instrumentation: what they do inside their own memory goes unseen.
  swift build -c release --package-path "$root/Tools/fuzz" --scratch-path "$work" --product fuzz \
    --sanitize fuzzer -Xswiftc -sanitize=address,fuzzer -Xswiftc -enable-testing -Xswiftc -O --quiet
  mkdir -p "$work/bin"
  local target
  for target in "${targets[@]}"; do ln -sf ../release/fuzz "$work/bin/$target"; done
}

# A stream holds pictures of all formats, and what carries them.
dictionary() {
  local dictionaries=$root/Tools/fuzz/dictionaries
  if [ "$1" = stream ]; then
    cat "$dictionaries"/{png,jpeg,pnm,framing}.dict >"$work/stream.dict"
    echo "$work/stream.dict"
  else
    echo "$dictionaries/$1.dict"
  fi
}

# Runs a target's program in a folder for temporary files of its own, in memory where there is such a file system.
fuzzer() {
  local target=$1 status=0 fixed=()
  shift
  mkdir -p "$work/corpus/$target" "$work/findings"
  (
    # libFuzzer compares addresses too: they stay the same where the kernel allows it.
    if [ "${SEED:-0}" != 0 ]; then
      export SWIFT_DETERMINISTIC_HASHING=1
      if setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
    fi
    if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
    TMPDIR=$(mktemp -d)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
    "${fixed[@]}" "$work/bin/$target" -max_len="$(longest "$target")" -timeout=10 -rss_limit_mb=1024 \
      -artifact_prefix="$work/findings/$target-" "$@"
  ) || status=$?
  return $status
}

fuzz() {
  local seconds=$1 target=$2 log seeds
  log=$work/$target.log
  seeds=$work/$target.seeds
  # In the order of their names: a folder's own order differs between file systems.
  (cd "$fixtures/$target" && printf '%s\n' "$PWD"/*) | LC_ALL=C sort | paste -sd, >"$seeds"
  echo "Fuzzing $target for $seconds s ..."
  if ! fuzzer "$target" -max_total_time="$seconds" -seed="${SEED:-0}" -dict="$(dictionary "$target")" \
    -print_final_stats=1 -seed_inputs=@"$seeds" "$work/corpus/$target" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    # What was found, once more, last.
    grep -hE "Fatal error|ERROR: |SUMMARY: |Test unit written to" "$log" >&2 || true
    echo "Run it again: .build-fuzz/bin/$target FILE" >&2
    exit 1
  fi
  sed -nE -e 's/^#[0-9]+\s+DONE\s+cov: ([0-9]+) .*/  \1 edges/p' \
    -e 's/^stat::number_of_executed_units: *([0-9]+)/  \1 inputs/p' \
    -e 's/^stat::average_exec_per_sec: *([0-9]+)/  \1 a second/p' "$log"
}

minimize() {
  local target=$1 short smallest
  short=$(mktemp -d)
  smallest=$(mktemp -d)
  find "$work/corpus/$target" -type f -size -1000c -exec cp -t "$short" {} +
  fuzzer "$target" -merge=1 "$smallest" "$fixtures/$target" "$short" >"$work/$target-merge.log" 2>&1
  rm -rf "${fixtures:?}/$target"
  mkdir "$fixtures/$target"
  cp "$smallest"/* "$fixtures/$target"
  rm -rf "$short" "$smallest"
}

case ${1-} in
  build) build ;;
  minimize)
    shift
    build
    for target in "${@:-${targets[@]}}"; do minimize "$target"; done
    ;;
  [0-9]*)
    seconds=$1
    shift
    build
    if [ $# -eq 0 ]; then set -- "${targets[@]}"; fi
    for target in "$@"; do fuzz "$seconds" "$target"; done
    ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
