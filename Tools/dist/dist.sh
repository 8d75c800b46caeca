#!/usr/bin/env bash
# Packs built binaries into dist/: for each a tarball, a Debian package and an OCI image, and SHA256SUMS of all.
# The same binaries and commit give the same bytes, whoever packs them, whenever and wherever.
#
# usage: dist.sh BINARY..    static binaries, one for each machine: x86_64, aarch64
#
# Environment: SOURCE_DATE_EPOCH  seconds that all files are dated with (default: the commit's date)
#              TTAME_COMMIT       the commit that --version has to name (default: the working copy's)
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64; }
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# Others may have to read what is packed.
chmod 755 "$place"

machine() {
  case $(od -An -tx1 -j18 -N2 "$1" | tr -d ' ') in
    3e00) echo x86_64 ;;
    b700) echo aarch64 ;;
    *) die "$1 is no program for x86-64 or aarch64" ;;
  esac
}

check() {
  local binary=$1 shown want=$version${commit:+ ($commit)} runner
  ! readelf -ld "$binary" | grep -qE 'INTERP|NEEDED' || die "$binary is not static"
  ! readelf -SW "$binary" | grep -qE '\.(symtab|debug_info)' || die "$binary is not stripped"
  ! grep -qaF "$root/" "$binary" || die "$binary contains the path $root"
  runner=$(runner "$2")
  shown=$($runner "$binary" --version)
  [ "$shown" = "$want" ] || die "$binary --version prints '$shown', not '$want'; build it again with make dist"
}

# files FOLDER: binary, models and licences, as they lie below every prefix.
files() {
  local name
  install -D -m 755 "$binary" "$1/bin/ttame-lite"
  for name in "${models[@]}"; do
    install -D -m 644 "$root/weights/$name.safetensors" "$1/share/ttame-lite/weights/$name.safetensors"
  done
  install -D -m 644 -t "$1/share/doc/ttame-lite" "$root/NOTICE" "$here/debian/copyright"
}

# What Debian has in /usr/share/common-licenses and in other packages.
licences() { install -D -m 644 -t "$1/share/doc/ttame-lite" "$root/LICENSE" "$here"/licences/*.txt; }

dated() { find "$1" -exec touch -h -d "@$epoch" {} +; }

tarball() {
  local name=ttame-lite-$version-linux-$machine
  files "$place/$name"
  licences "$place/$name"
  TTAME_RUNNER=$(runner "$machine") "$here/documents.sh" "$binary" "$place/$name/share"
  install -m 644 "$root/CHANGELOG.md" "$place/$name/share/doc/ttame-lite"
  tar --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$place" -c "$name" |
    gzip -9n >"$dist/$name.tar.gz"
}

debian_package() {
  local tree=$place/debian-$machine doc
  doc=$tree/usr/share/doc/ttame-lite
  files "$tree/usr"
  TTAME_RUNNER=$(runner "$machine") "$here/documents.sh" "$binary" "$tree/usr/share" vendor-completions
  "$here/debian-changelog.py" --version "$debian_version" --epoch "$epoch" <"$root/CHANGELOG.md" | gzip -9n >"$doc/changelog.gz"
  install -D -m 644 "$here/debian/lintian-overrides" "$tree/usr/share/lintian/overrides/ttame-lite"
  chmod 644 "$doc/changelog.gz"
  install -d -m 755 "$tree/DEBIAN"
  # Before control exists, so that the size is that of the installed files; in KiB, each rounded up.
  local size
  size=$(find "$tree/usr" -type f -printf '%s\n' | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }')
  sed -e "s/@VERSION@/$debian_version/; s/@ARCHITECTURE@/$(debian_name "$machine")/; s/@SIZE@/$size/" \
    "$here/debian/control" >"$tree/DEBIAN/control"
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  chmod 644 "$tree/DEBIAN/control" "$tree/DEBIAN/md5sums"
  dated "$tree"
  # Several threads divide the stream by their number, which would change the bytes.
  dpkg-deb --root-owner-group --threads-max=1 -Zxz -z6 --build "$tree" \
    "$dist/ttame-lite_${debian_version}_$(debian_name "$machine").deb" >/dev/null
}

image() {
  local tree=$place/image-$machine
  files "$tree/usr"
  licences "$tree/usr"
  "$here/oci-image.py" --root "$tree" --architecture "$(debian_name "$machine")" --version "$version" --revision "$commit" \
    --epoch "$epoch" --output "$dist/ttame-lite-$version-oci-$(debian_name "$machine").tar"
}

# All are looked at first, so that a wrong one leaves what dist/ holds.
for binary in "$@"; do
  [ -f "$binary" ] || die "no such file: $binary"
  machine=$(machine "$binary")
  [ -z "$(runner "$machine")" ] || "$root/Tools/install-packages.sh" qemu-user-static
  check "$binary" "$machine"
done
mkdir -p "$dist"
rm -f "$dist"/ttame-lite[-_]* "$dist/SHA256SUMS"
for binary in "$@"; do
  machine=$(machine "$binary")
  tarball
  debian_package
  image
done
(cd "$dist" && sha256sum -- ttame-lite[-_]* >SHA256SUMS)
(cd "$dist" && stat -c '%8s bytes  dist/%n' -- * >&2)
