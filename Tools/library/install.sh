#!/usr/bin/env bash
# Installs the C library that `make library` has built: header, libraries and pkg-config file.
#
# usage: Tools/library/install.sh DESTDIR PREFIX
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

built=.build/library
prefix=${2:?usage: Tools/library/install.sh DESTDIR PREFIX}
target=$1$prefix
install -d "$target/include" "$target/lib/pkgconfig"
install -m 644 "$built/ttame.h" "$target/include/ttame.h"
install -m 644 "$built/libttame.a" "$target/lib/libttame.a"
install -m 755 "$built"/libttame.so.*.* "$target/lib/"
cp -P "$built"/libttame.so "$built"/libttame.so.[0-9] "$target/lib/"
sed "s|^prefix=.*|prefix=$prefix|" "$built/ttame.pc" >"$target/lib/pkgconfig/ttame.pc"
echo "Installed $target/lib/libttame.so"
