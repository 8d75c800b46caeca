# Shared by the scripts of this folder: version, date, places, messages. To be sourced.
#
# version   of Sources/CShim/include/version.h, the only place that has it
# commit    what --version names: $TTAME_COMMIT, or what git says of the working copy; empty outside of a clone
# epoch     seconds that all files are dated with: $SOURCE_DATE_EPOCH, or the commit's date; outside of a clone, CHANGELOG.md's

# shellcheck shell=bash disable=SC2034

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(readlink -f "$here/../..")
dist=$root/dist
models=(efficientnet-lite0)
export LC_ALL=C TZ=UTC
umask 022

say() { echo "dist: $*" >&2; }
die() { say "error: $*"; exit 1; }

version=$(sed -n 's/^#define TTAME_VERSION "\(.*\)"$/\1/p' "$root/Sources/CShim/include/version.h") ||
  die "Sources/CShim/include/version.h is missing"
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$ ]] || die "version.h defines no TTAME_VERSION such as \"1.2.3\""
# Debian sorts 1.0.0~rc1 before 1.0.0.
debian_version=${version/-/\~}

commit=${TTAME_COMMIT-$(git -C "$root" describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || true)}
epoch=${SOURCE_DATE_EPOCH-$(git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/CHANGELOG.md")}
export SOURCE_DATE_EPOCH=$epoch

# Debian's and OCI's names of a machine.
debian_name() { case $1 in x86_64) echo amd64 ;; aarch64) echo arm64 ;; *) die "unknown machine: $1" ;; esac; }

# runner MACHINE: what runs a program of that machine; nothing on the machine itself.
runner() { [ "$1" = "$(uname -m)" ] || echo "qemu-$1-static"; }
