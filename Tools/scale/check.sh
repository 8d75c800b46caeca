#!/usr/bin/env bash
# Runs the recipes of docs/scaling.md on photographs, kills a worker of each in the middle, and compares every answer and every
# picture with one plain run. Prints "equal" for each; the status is 1 at the first difference.
#
#   check.sh [PHOTOGRAPHS [RECIPE...]]
#
# The recipes are plain, parallel, slurm, kubernetes and spark; all of them by default, on 200 photographs. A recipe whose
# software is missing fails. Environment, with defaults: TTAME_LITE, the program, .build/release/ttame-lite; PHOTOS, a folder
# with enough photographs, ../shared/images; TTAME_WEIGHTS, weights; PYTHON, with pyspark, PyYAML and kubernetes-validate,
# python3. slurm needs root.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

count=${1:-200}
recipes=("${@:2}")
[ ${#recipes[@]} -gt 0 ] || recipes=(plain parallel slurm kubernetes spark)
program=$(realpath -e "${TTAME_LITE:-$root/.build/release/ttame-lite}")
photos=$(realpath -e "${PHOTOS:-$root/../shared/images}")
python=${PYTHON:-python3}
export TTAME_WEIGHTS=${TTAME_WEIGHTS:-$root/weights}

fail() {
  echo "check.sh: $*" >&2
  exit 1
}

for tool in jq parallel; do
  command -v "$tool" >/dev/null || fail "$tool is missing."
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Names are relative to the photographs, so every recipe runs there.
cd "$photos"
find -L . -type f \( -iname '*.jpg' -o -iname '*.jpeg' \) -printf '%P\n' | LC_ALL=C sort >"$work/all"
total=$(wc -l <"$work/all")
[ "$total" -ge "$count" ] || fail "$photos has $total photographs, not $count."
# Spread evenly, so that few photographs come from all folders too.
awk -v count="$count" -v total="$total" 'int(NR * count / total) > int((NR - 1) * count / total)' "$work/all" >"$work/list"

# A process that notes its number before it becomes ttame-lite: what a check kills is its own, and never another one.
cat >"$work/ttame-lite" <<WRAPPER
#!/bin/sh
echo \$\$ >>"$work/numbers"
exec "$program" "\$@"
WRAPPER
chmod +x "$work/ttame-lite"
export TTAME_LITE=$work/ttame-lite

# Answers without times and the folder's name, sorted.
answers() {
  local folder=$1
  shift
  cat "$@" | sed "s/,\"milliseconds\":{[^}]*}//; s|\"$folder/|\"|g" | LC_ALL=C sort
}

# same NAME REFERENCE FILE...: whether the answers in FILEs, and pictures in NAME/images, are those of the plain run.
same() {
  local name=$1 reference=$2
  shift 2
  answers "$work/$name" "$@" >"$work/$name.sorted"
  cmp "$reference" "$work/$name.sorted" >&2 || return 1
  [ "$reference" != "$work/plain.explain" ] || diff -rq "$work/plain/images" "$work/$name/images" >&2
}

expect_equal() {
  same "$@" || fail "$1 differs from the plain run."
  echo "$1: equal"
}

# kill_one FOLDER COMMAND...: runs COMMAND, and kills one ttame-lite of it once FOLDER/images has a third of the pictures.
kill_one() {
  local folder=$1 runner victim=
  shift
  : >"$work/numbers"
  "$@" &
  runner=$!
  while kill -0 "$runner" 2>/dev/null; do
    if [ "$(find "$folder/images" -name '*.png' 2>/dev/null | wc -l)" -ge $((count / 3)) ]; then
      victim=$(tail -n 1 "$work/numbers")
      # Between two processes there is none to kill.
      ! kill -KILL "$victim" 2>/dev/null || break
      victim=
    fi
    sleep 0.02
  done
  local status=0
  wait "$runner" || status=$?
  [ -n "$victim" ] || fail "no process could be killed in time; give more photographs."
  return "$status"
}

plain() {
  "$program" explain --files-from "$work/list" -o "$work/plain/images" --tree --json --quiet >"$work/explain.jsonl"
  "$program" classify --files-from "$work/list" --json --quiet >"$work/classify.jsonl"
  answers "$work/plain" "$work/explain.jsonl" >"$work/plain.explain"
  answers "$work/plain" "$work/classify.jsonl" >"$work/plain.classify"
  [ "$(wc -l <"$work/plain.explain")" -eq "$count" ] || fail "the plain run has $(wc -l <"$work/plain.explain") answers."
  [ "$(find "$work/plain/images" -type f | wc -l)" -eq "$count" ] || fail "the plain run lacks pictures."
  echo "plain: $count photographs"
}

# A comparison that cannot fail proves nothing.
planted() {
  mkdir "$work/planted"
  cp -r "$work/plain/images" "$work/planted/images"
  sed "s|$work/plain/|$work/planted/|" "$work/explain.jsonl" >"$work/copy.jsonl"
  same planted "$work/plain.explain" "$work/copy.jsonl" || fail "a copy of the plain run counts as different."

  local edit
  for edit in '3s/"probability":0\.[0-9]/&7/' '3d' '3p'; do
    sed "$edit" "$work/copy.jsonl" >"$work/edited.jsonl"
    ! same planted "$work/plain.explain" "$work/edited.jsonl" 2>/dev/null || fail "the planted difference $edit is not found."
  done

  local picture
  picture=$(find "$work/planted/images" -type f | sed -n 3p)
  printf 'X' | dd of="$picture" bs=1 seek=100 conv=notrunc status=none
  ! same planted "$work/plain.explain" "$work/copy.jsonl" 2>/dev/null || fail "a changed picture is not found."
  rm "$picture"
  ! same planted "$work/plain.explain" "$work/copy.jsonl" 2>/dev/null || fail "a missing picture is not found."
  echo "planted differences: all 5 found"
}

run_parallel() {
  ! kill_one "$work/parallel" "$here/parallel.sh" "$work/list" "$work/parallel" 2>"$work/parallel.err" ||
    fail "parallel.sh succeeds although a process was killed."
  echo "parallel: $(cat "$work/parallel"/part-*.jsonl | wc -l) answers before the restart"
  "$here/parallel.sh" "$work/list" "$work/parallel"
  expect_equal parallel "$work/plain.explain" "$work/parallel"/part-*.jsonl

  # A machine that crashed leaves half a line, and a list that grew needs all parts again.
  printf '{"crop":{"hei' >>"$work/parallel/part-1-of-64.jsonl"
  rm "$work/parallel/jobs.log"
  "$here/parallel.sh" "$work/list" "$work/parallel"
  expect_equal parallel "$work/plain.explain" "$work/parallel"/part-*.jsonl

  "$here/parallel.sh" "$work/list" "$work/parallel-classify" classify
  expect_equal parallel-classify "$work/plain.classify" "$work/parallel-classify"/part-*.jsonl
}

run_slurm() {
  local submit=(sbatch --wait --quiet --array=1-8 --output="$work/slurm-%a.log" "$here/slurm.sbatch" "$work/list" "$work/slurm")
  TTAME_PART=$here/part.sh
  export TTAME_PART
  export -f slurm_twice kill_one fail
  work=$work count=$count "$here/slurm-node.sh" bash -euo pipefail -c 'slurm_twice "$@"' slurm "${submit[@]}"
  expect_equal slurm "$work/plain.explain" "$work/slurm"/part-*.jsonl
}

slurm_twice() {
  ! kill_one "$work/slurm" "$@" || fail "the array job succeeds although a process was killed."
  echo "slurm: $(cat "$work/slurm"/part-*.jsonl | wc -l) answers before the job is submitted again"
  "$@"
}

run_kubernetes() {
  mkdir -p "$work/pod"
  "$python" "$here/kubernetes-args.py" --validate "$here/kubernetes.yaml"
  # The volume of photographs: what is there, and the parts.
  local entry index indices
  for entry in "$photos"/*; do ln -s "$entry" "$work/pod/"; done
  indices=$("$python" "$here/kubernetes-args.py" --count "$here/kubernetes.yaml")
  (
    cd "$work/pod"
    cp "$work/list" list.txt
    bash -euc "$(sed -n 's/^#   //p' "$here/kubernetes.yaml")"
    for ((index = 0; index < indices; index++)); do
      mapfile -d '' -t arguments < <("$python" "$here/kubernetes-args.py" --index "$index" "$here/kubernetes.yaml")
      # This machine has no folder /results.
      "$program" "${arguments[@]/#\/results/$work/kubernetes}"
    done
  )
  expect_equal kubernetes "$work/plain.explain" "$work/kubernetes"/part-*.jsonl
}

run_spark() {
  local spark=("$python" "$here/spark.py" "$work/list" --master 'local[2,4]' --program "$TTAME_LITE")
  export SPARK_LOCAL_IP=127.0.0.1
  kill_one "$work/spark" "${spark[@]}" "$work/spark" 2>"$work/spark.err" || {
    tail -n 20 "$work/spark.err" >&2
    fail "Spark fails although only one task was killed once."
  }
  grep -q 'exited with error code 137' "$work/spark.err" || fail "Spark has not noticed the killed process."
  expect_equal spark "$work/plain.explain" "$work/spark/answers"/part-*
  "${spark[@]}" "$work/spark-classify" -- classify 2>"$work/spark.err" || {
    tail -n 20 "$work/spark.err" >&2
    fail "Spark fails."
  }
  expect_equal spark-classify "$work/plain.classify" "$work/spark-classify/answers"/part-*
}

plain
planted
for recipe in "${recipes[@]}"; do
  case $recipe in
    plain) ;;
    parallel | slurm | kubernetes | spark) "run_$recipe" ;;
    *) fail "$recipe is not one of plain, parallel, slurm, kubernetes, spark." ;;
  esac
done
