# Shared by the scripts of this folder: places, messages, packages of another architecture. To be sourced.
#
# Environment: TTAME_ARM64_DIR  downloads and unpacked trees (default: .build-arm64 in the repository, which git ignores)
#              TTAME_CPUS       CPU models to run on (default: cortex-a72 cortex-a76 max)

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(readlink -f "$here/../..")
store=$(readlink -m "${TTAME_ARM64_DIR:-$root/.build-arm64}")
cpus=${TTAME_CPUS:-cortex-a72 cortex-a76 max}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "arm64: $*" >&2; }
die() { say "error: $*"; exit 1; }

# Installs what the scripts use on this machine.
need_packages() { "$root/Tools/install-packages.sh" qemu-user-static debian-archive-keyring "$@"; }

# apt_state FOLDER ARCHITECTURE SUITE: makes FOLDER a private apt state for another architecture or suite of
# Debian, on the mirror that this machine's apt knows, signatures checked.
apt_state() {
  local state=$1 architecture=$2 suite=$3 mirror
  mirror=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' |
    awk -F'|' '$1 == "Debian" {sub("/$", "", $2); print $2; exit}')
  [ -n "$mirror" ] || die "apt knows no Debian mirror (run apt-get update once)"
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : >"$state/status"
  echo "deb [arch=$architecture signed-by=$keyring] $mirror $suite main" >"$state/sources.list"
  cat >"$state/apt.conf" <<CONF
APT::Architecture "$architecture"; APT::Architectures { "$architecture"; };
Dir::State "$state"; Dir::State::status "$state/status"; Dir::State::lists "$state/lists"; Dir::Cache "$state/cache";
Dir::Etc::sourcelist "$state/sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root"; APT::Install-Recommends "false"; Acquire::Languages "none"; Acquire::Retries "3";
CONF
  APT_CONFIG=$state/apt.conf apt-get -qq update
}

# unpack DEB FOLDER [TAR OPTION..]
unpack() {
  local package=$1 folder=$2
  shift 2
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --keep-directory-symlink "$@"
}

# qemu's arguments of a CPU model. Computing the real pointer authentication codes would cost max a fifth of its speed.
model() {
  case $1 in
    max) echo max,pauth-impdef=on ;;
    *) echo "$1" ;;
  esac
}

# on CPU PROGRAM [ARGUMENT..]: runs an aarch64 program on a CPU model.
on() {
  local cpu=$1
  shift
  qemu-aarch64-static -cpu "$(model "$cpu")" "$@"
}

# tiers CPU: those that a CPU model has, the best one last.
tiers() {
  case $1 in
    cortex-a53 | cortex-a72) echo NEON ;;
    cortex-a76 | neoverse-n1) echo NEON DOTPROD ;;
    *) echo NEON DOTPROD I8MM ;;
  esac
}
