#!/usr/bin/env bash
# Installs and uses what is in dist/ as a new user would: in fresh Debian 12 and 13 without Swift, and in an image that holds
# nothing else. Then removes it, and looks for what is left. Programs for another machine run under qemu, unpacked.
#
# usage: test.sh [BINARY..]    the binaries that were packed; each artefact has to hold the same bytes
#
# Environment: TTAME_CHROOTS  where the systems are kept, as archives (default: .build-dist in the repository)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ "$(id -u)" = 0 ] || die "chroots need root; please run as root"
[ -f "$dist/SHA256SUMS" ] || die "dist/ is empty; run make dist first"
"$root/Tools/install-packages.sh" debootstrap debian-archive-keyring qemu-user-static lintian mandoc zsh fish

store=$(readlink -m "${TTAME_CHROOTS:-$root/.build-dist}")
photo=$root/Tests/Fixtures/photos/espresso.jpg
place=$(mktemp -d)
chmod 755 "$place"
trap 'rm -rf --one-file-system "$place"' EXIT
passed=0

pass() { passed=$((passed + 1)); echo "ok  $*"; }
same() { cmp -s "$1" "$2" || die "$3: ${1#"$place"/} and ${2#"$place"/} differ"; }

is_png() { [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || die "$1 is no PNG"; }

# The output that every artefact of a machine has to give, made by the packed binary with the repository's model. From
# standard input, because a file that is made of a named one has a number that depends on the name's folder.
expected() {
  local machine=$1 output=$place/expected-$1.png
  if [ ! -e "$output" ]; then
    # shellcheck disable=SC2046
    env -i PATH="$PATH" $(runner "$machine") "$place/binary-$machine" explain --quiet \
      --model "$root/weights/${models[0]}.safetensors" <"$photo" >"$output"
    is_png "$output"
  fi
  echo "$output"
}

mirror() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(LABEL)|$(REPO_URI)' |
    awk -F'|' '$1 == "Debian" && !seen {sub("/$", "", $2); print $2; seen = 1}'
}

# system SUITE FOLDER: a fresh minimal Debian.
system() {
  local archive=$store/$1.tar from
  if [ ! -e "$archive" ]; then
    from=$(mirror)
    [ -n "$from" ] || die "apt knows no Debian mirror (run apt-get update once)"
    say "debootstrap of $1"
    mkdir -p "$store"
    debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$1" "$place/bootstrap" "$from" \
      >"$store/$1.log" 2>&1 || die "debootstrap failed; see $store/$1.log"
    tar -C "$place/bootstrap" --numeric-owner -cf "$archive.part" .
    mv "$archive.part" "$archive"
    rm -rf --one-file-system "$place/bootstrap"
  fi
  rm -rf --one-file-system "$2"
  mkdir "$2"
  tar -C "$2" --numeric-owner -xpf "$archive"
}

# within FOLDER COMMAND..: runs in a system with /proc, which goes away with the command.
within() {
  # shellcheck disable=SC2016
  unshare -m --propagation private sh -c '
    mount -t proc proc "$1/proc" && tree=$1 && shift &&
    exec chroot "$tree" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root "$@"' sh "$@"
}

# within_as_user FOLDER COMMAND..: as somebody who has nothing but a home.
within_as_user() {
  # shellcheck disable=SC2016
  unshare -m --propagation private sh -c '
    mount -t proc proc "$1/proc" && tree=$1 && shift &&
    exec chroot --userspec=1000:1000 "$tree" /usr/bin/env -i -C /home/user PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/user "$@"' \
    sh "$@"
}

home() {
  install -d -o 1000 -g 1000 "$1/home/user"
  install -o 1000 -g 1000 -m 644 "$photo" "$1/home/user/photo.jpg"
}

# listing FOLDER: every file with its kind, mode, owner and contents.
listing() {
  (cd "$1" && find . -xdev -path ./proc -prune -o -printf '%p|%y|%m|%U:%G|%l\n' | sort)
  (cd "$1" && find . -xdev -path ./proc -prune -o -type f -print0 | sort -z | xargs -0 sha256sum)
}

# What an ordinary user does: the version, a photograph explained, its label.
use() {
  local tree=$1 program=$2 machine=$3 what=$4 shown
  ! within "$tree" sh -c 'command -v swift' >/dev/null || die "$what: the system has Swift"
  shown=$(within_as_user "$tree" "$program" --version)
  [ "$shown" = "$version${commit:+ ($commit)}" ] || die "$what: --version prints '$shown'"
  within_as_user "$tree" "$program" explain photo.jpg --quiet
  is_png "$tree/home/user/photo-explained.png"
  within_as_user "$tree" "$program" explain --quiet <"$photo" >"$place/output.png"
  same "$place/output.png" "$(expected "$machine")" "$what"
  [ "$(within_as_user "$tree" "$program" classify photo.jpg --json | grep -c '"espresso"')" = 1 ] ||
    die "$what: the photograph is no espresso"
}

rest() {
  local before=$1 after=$2 what=$3
  # dpkg's diary and the copy of its database are no part of a package.
  for file in "$before" "$after"; do
    grep -vE '(\./var/log/dpkg\.log|\./var/lib/dpkg/status-old)($|\|)' "$file" >"$file.compared"
  done
  diff "$before.compared" "$after.compared" >&2 || die "$what: this is left"
}

test_debian_package() {
  local suite=$1 machine=$2 package what tree=$place/system
  package=$dist/ttame-lite_${debian_version}_$(debian_name "$machine").deb
  what="$(basename "$package") in $suite"
  system "$suite" "$tree"
  home "$tree"
  cp "$package" "$tree/root/package.deb"
  listing "$tree" >"$place/before"
  within "$tree" dpkg -i /root/package.deb >/dev/null
  # shellcheck disable=SC2016
  [ "$(within "$tree" dpkg-query -W -f '${Status}' ttame-lite)" = "install ok installed" ] || die "$what: not installed"
  # A minimal system leaves out manual pages and documents only where it is told to; this one is not.
  (cd "$tree" && md5sum --quiet -c var/lib/dpkg/info/ttame-lite.md5sums) || die "$what: files are missing or differ"
  same "$tree/usr/bin/ttame-lite" "$place/binary-$machine" "$what"
  use "$tree" ttame-lite "$machine" "$what"
  within "$tree" bash -c '. /usr/share/bash-completion/completions/ttame-lite && complete -p ttame-lite' >/dev/null
  within "$tree" dpkg -r ttame-lite >/dev/null
  rm "$tree/home/user/photo-explained.png"
  listing "$tree" >"$place/after"
  rest "$place/before" "$place/after" "$what"
  ! within "$tree" dpkg-query -W ttame-lite >/dev/null 2>&1 || die "$what: dpkg still knows it"
  pass "$what: installed, used, removed without a rest"
}

test_tarball() {
  local suite=$1 machine=$2 name what tree=$place/system
  name=ttame-lite-$version-linux-$machine
  what="$name.tar.gz in $suite"
  system "$suite" "$tree"
  home "$tree"
  cp "$dist/$name.tar.gz" "$tree/root/"
  listing "$tree" >"$place/before"
  within "$tree" tar -xzf "/root/$name.tar.gz" -C /opt
  within "$tree" ln -s "/opt/$name/bin/ttame-lite" /usr/local/bin/ttame-lite
  same "$tree/opt/$name/bin/ttame-lite" "$place/binary-$machine" "$what"
  use "$tree" ttame-lite "$machine" "$what"
  rm "$tree/home/user/photo-explained.png"
  within "$tree" rm -r "/opt/$name" /usr/local/bin/ttame-lite
  listing "$tree" >"$place/after"
  rest "$place/before" "$place/after" "$what"
  pass "$what: unpacked, used, removed without a rest"
}

# unpack_image MACHINE FOLDER: the layers of an image, blobs checked.
unpack_image() {
  rm -rf "$2"
  mkdir "$2"
  python3 - "$dist/ttame-lite-$version-oci-$(debian_name "$1").tar" "$2" "$(debian_name "$1")" <<'PYTHON'
import hashlib, io, json, sys, tarfile
archive, folder, architecture = tarfile.open(sys.argv[1]), sys.argv[2], sys.argv[3]
def blob(descriptor):
    data = archive.extractfile("blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")).read()
    assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"] and len(data) == descriptor["size"]
    return data
assert json.load(archive.extractfile("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
[entry] = json.load(archive.extractfile("index.json"))["manifests"]
manifest = json.loads(blob(entry))
config = json.loads(blob(manifest["config"]))
assert (config["architecture"], config["os"]) == (architecture, "linux"), config
assert config["config"]["Entrypoint"] == ["/usr/bin/ttame-lite"], config
for layer, identity in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
    with tarfile.open(fileobj=io.BytesIO(blob(layer)), mode="r:gz") as files:
        files.extractall(folder)
import gzip
assert "sha256:" + hashlib.sha256(gzip.decompress(blob(manifest["layers"][0]))).hexdigest() == config["rootfs"]["diff_ids"][0]
PYTHON
}

# The image alone: no shell, no /proc, no /tmp.
test_image() {
  local machine=$1 tree=$place/image what emulator run=()
  what="ttame-lite-$version-oci-$(debian_name "$machine").tar"
  unpack_image "$machine" "$tree"
  same "$tree/usr/bin/ttame-lite" "$place/binary-$machine" "$what"
  cp "$photo" "$tree/photo.jpg"
  emulator=$(runner "$machine")
  if [ -n "$emulator" ]; then
    cp "$(command -v "$emulator")" "$tree/work/emulator"
    run=(/work/emulator)
  fi
  chroot "$tree" "${run[@]}" /usr/bin/ttame-lite explain photo.jpg --quiet
  is_png "$tree/photo-explained.png"
  chroot "$tree" "${run[@]}" /usr/bin/ttame-lite explain --quiet <"$photo" >"$place/output.png"
  same "$place/output.png" "$(expected "$machine")" "$what"
  pass "$what: runs alone, from a file and from standard input"
}

# test_unpacked MACHINE: a package for another machine, without that machine's Debian.
test_unpacked() {
  local machine=$1 package name emulator tree=$place/unpacked program
  emulator=$(runner "$machine")
  package=$dist/ttame-lite_${debian_version}_$(debian_name "$machine").deb
  name=ttame-lite-$version-linux-$machine
  rm -rf "$tree"
  mkdir "$tree"
  dpkg-deb -x "$package" "$tree"
  tar -C "$tree" -xzf "$dist/$name.tar.gz"
  cp "$photo" "$tree/photo.jpg"
  for program in "$tree/usr/bin/ttame-lite" "$tree/$name/bin/ttame-lite"; do
    same "$program" "$place/binary-$machine" "$machine"
    env -i -C "$tree" PATH="$PATH" "$emulator" "$program" explain photo.jpg --quiet
    is_png "$tree/photo-explained.png"
    env -i PATH="$PATH" "$emulator" "$program" explain --quiet <"$photo" >"$place/output.png"
    same "$place/output.png" "$(expected "$machine")" "${program#"$tree"}"
    rm "$tree/photo-explained.png"
  done
  pass "$(basename "$package") and $name.tar.gz: unpacked and used under $emulator"
}

# What does not depend on a system: checksums, lintian, the manual page, the syntax of completions.
test_files() {
  local machine=$1 tree=$place/files package
  package=$dist/ttame-lite_${debian_version}_$(debian_name "$machine").deb
  lintian --allow-root --fail-on error,warning,info --display-info --tag-display-limit 0 "$package" \
    >"$place/lintian" 2>&1 || { cat "$place/lintian" >&2; die "lintian has objections to $(basename "$package")"; }
  rm -rf "$tree"
  mkdir "$tree"
  dpkg-deb -x "$package" "$tree"
  gzip -d "$tree/usr/share/man/man1/ttame-lite.1.gz"
  mandoc -T lint "$tree/usr/share/man/man1/ttame-lite.1" >&2 || die "mandoc has objections to the manual page"
  bash -n "$tree/usr/share/bash-completion/completions/ttame-lite"
  zsh -n "$tree/usr/share/zsh/vendor-completions/_ttame-lite"
  fish -n "$tree/usr/share/fish/vendor_completions.d/ttame-lite.fish"
  pass "$(basename "$package"): lintian, manual page, completions"
}

(cd "$dist" && sha256sum --quiet -c SHA256SUMS)
pass "checksums"
for package in "$dist"/*.deb; do
  case $package in *_amd64.deb) machine=x86_64 ;; *_arm64.deb) machine=aarch64 ;; *) die "what is $package?" ;; esac
  mkdir "$place/package"
  dpkg-deb -x "$package" "$place/package"
  mv "$place/package/usr/bin/ttame-lite" "$place/binary-$machine"
  rm -r "$place/package"
  for binary in "$@"; do
    [ "$(od -An -tx1 -j18 -N2 "$binary")" != "$(od -An -tx1 -j18 -N2 "$place/binary-$machine")" ] ||
      same "$binary" "$place/binary-$machine" "$(basename "$package")"
  done
  test_files "$machine"
  if [ -z "$(runner "$machine")" ]; then
    for suite in bookworm trixie; do
      test_debian_package "$suite" "$machine"
      test_tarball "$suite" "$machine"
    done
  else
    test_unpacked "$machine"
  fi
  test_image "$machine"
done
echo "$passed checks passed."
