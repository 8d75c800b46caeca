#!/usr/bin/env bash
# Builds libttame, the C library: shared and static, its header and its pkg-config file, in FOLDER (.build/library).
# Neither shows anything but the functions of ttame.h; the Swift runtime and libstdc++ are inside.
#
# usage: Tools/library/build.sh [FOLDER]
#
# SWIFT_FLAGS in the environment: more options of `swift build`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

out=${1:-.build/library}
build=.build/release
version=$(sed -n 's/^#define TTAME_VERSION "\(.*\)"/\1/p' Sources/CShim/include/version.h)
major=${version%%.*}
read -ra flags <<<"${SWIFT_FLAGS-}"
swift build -c release --product ttame "${flags[@]}"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

runtime=$(swiftc -static-stdlib -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
linux=$runtime/linux
needed=(swiftCore swiftSynchronization FoundationEssentials _FoundationCollections _FoundationCShims)
libstdcxx=$(clang -print-file-name=libstdc++.a)
mkdir "$work/static"
# Where the linker looks first: there is no libstdc++.so, so the archive is taken.
ln -s "$libstdcxx" "$work/static/"

echo '{ global: ttame_*; local: *; };' >"$work/exports"
echo >"$work/empty.swift"
# The Swift driver knows what the runtime needs; lld keeps private what is not exported, which gold does not.
swiftc -emit-library -static-stdlib -use-ld=lld -parse-as-library -module-name ttame_link "$work/empty.swift" \
  -o "$out/libttame.so.$version" -L "$work/static" \
  @"$build/ttame.product/Objects.LinkFileList" \
  "${needed[@]/#/-l}" -lturbojpeg -lpng16 -ldeflate -lz \
  -Xlinker --version-script="$work/exports" -Xlinker --gc-sections -Xlinker -s -Xlinker --build-id=none \
  -Xlinker -soname="libttame.so.$major" -Xlinker -rpath='$ORIGIN' -Xlinker -z -Xlinker defs \
  -Xclang-linker -static-libgcc 2>&1 | { grep -v 'mktemp' || true; }
ln -sf "libttame.so.$version" "$out/libttame.so.$major"
ln -sf "libttame.so.$major" "$out/libttame.so"

# One object, whose symbols are the library's functions alone, so that it meets no other Swift runtime.
archives=("$linux"/libswift*.a "$linux"/libFoundationEssentials.a "$linux"/lib_Foundation*.a)
registrar=$(ls "$linux"/*/swiftrt.o)
ld -r -o "$work/ttame.o" "$registrar" --whole-archive "$build/libttame.a" --no-whole-archive \
  --start-group "${archives[@]}" "$linux"/lib{dispatch,BlocksRuntime}.a --end-group
objcopy --wildcard --keep-global-symbol='ttame_*' --strip-debug "$work/ttame.o"
rm -f "$out/libttame.a"
ar rcsD "$out/libttame.a" "$work/ttame.o"

cp Sources/CTTAME/include/ttame.h "$out/ttame.h"
cat >"$out/ttame.pc" <<END
prefix=/usr/local
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: ttame
Description: Classifies a picture and shows where the classifier looked
Version: $version
Libs: -L\${libdir} -lttame
Libs.private: -lturbojpeg -lpng16 -ldeflate -lz -lstdc++ -lm -lpthread -ldl
Requires.private: libpng zlib
Cflags: -I\${includedir}
END
ls -l "$out"
