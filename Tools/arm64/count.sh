#!/usr/bin/env bash
# Executed instructions, counted by a plugin of qemu: exact, and no time.
#
# usage: count.sh gemm                     per multiply-accumulate of each tier's int8 GEMM, 240 rows by 64 columns
#        count.sh run TIER ARGUMENT..      of the static binary with these arguments and `--cpu TIER --threads 1`
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tools=$store/qemu

# Plugins need the dynamically linked qemu-user.
fetch_qemu() {
  if [ ! -e "$tools/.done" ]; then
    rm -rf "$tools"
    mkdir -p "$tools"
    say "fetching the dynamically linked qemu-user"
    (cd "$tools" && apt-get -qq download qemu-user libcapstone4 liburing2 libglib2.0-0)
    for package in "$tools"/*.deb; do
      unpack "$package" "$tools" --wildcards './usr/bin/qemu-aarch64' './usr/lib/*' 2>/dev/null || true
    done
    rm "$tools"/*.deb
    [ -x "$tools/usr/bin/qemu-aarch64" ] || die "qemu-user could not be unpacked"
    touch "$tools/.done"
  fi
  "$(dirname "$(readlink -f "$(command -v swiftc)")")/clang" -O2 -shared -fPIC -fuse-ld=lld -o "$tools/icount.so" \
    "$here/icount.c"
}

# counted TEXTS PROGRAM [ARGUMENT..]: what the plugin says.
counted() {
  local texts=$1
  shift
  LD_LIBRARY_PATH=$tools/usr/lib/x86_64-linux-gnu "$tools/usr/bin/qemu-aarch64" -cpu max \
    -plugin "$tools/icount.so$texts" "$@" 2>&1 >/dev/null | sed -n 's/^instructions //p'
}

# All instructions of one product with a reduction of $2, by functions of tier $1.
product() { counted ,in=int8Tile,in=packedTile,in=packWeights,in=packActivations "$store/kernels/check-$1" "$2"; }

gemm() {
  local tier
  echo "tier      inner loop   K = 256   K = 1024   of which interleaving at K = 256"
  for tier in NEON DOTPROD I8MM; do
    paste <(product $tier 256) <(product $tier 1024) <(product $tier 2048) | awk -v tier=$tier '
      { short[$1] = $2; long[$1] = $4; longer[$1] = $6 }
      END {
        outputs = 240 * 64
        tiles(short, 256); tiles(long, 1024); tiles(longer, 2048)
        # What a longer reduction adds is the loop alone.
        printf "%-8s %11.4f %9.4f %10.4f %12.4f\n", tier, (sum[2048] - sum[1024]) / (1024 * outputs),
          all[256] / (256 * outputs), all[1024] / (1024 * outputs), (all[256] - sum[256]) / (256 * outputs)
      }
      function tiles(counts, k) {
        sum[k] = counts["int8Tile"] + counts["packedTile"]
        all[k] = sum[k] + counts["packWeights"] + counts["packActivations"]
      }'
  done
}

case ${1-} in
  gemm) fetch_qemu; "$here/kernels.sh" build; gemm ;;
  run) fetch_qemu; counted "" "$store/ttame-lite" "${@:3}" --cpu "$2" --threads 1 ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
