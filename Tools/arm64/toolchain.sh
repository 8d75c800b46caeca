# A Swift cross compiler for aarch64 Linux out of Debian's suite sid (the first to carry Swift 6.2), unpacked, never
# installed: about 1.2 GB of downloads, 1.6 GB on disk. To be sourced after common.sh.
#
# setup    fetches what is missing; finished stages are kept
# inside   runs a command in the compiler's tree, with the repository and the downloads visible at their own paths

suite=sid
oldest=6.2
triple=aarch64-unknown-linux-gnu
# What the program links beside the C library and Swift.
libraries="zlib1g zlib1g-dev libpng-dev libturbojpeg0 libturbojpeg0-dev libdeflate0 libdeflate-dev"
toolchain=$store/toolchain
host=$toolchain/host                  # amd64: the compiler and the libraries that it loads
bundle=$toolchain/sdk/ttame-arm64.artifactbundle/ttame-arm64/$triple
target=$bundle/sysroot                # arm64: C library, Swift modules, image libraries

apt_in() { APT_CONFIG=$toolchain/apt-$1/apt.conf "${@:2}"; }
candidate() { apt_in "$1" apt-cache policy "$2" | awk '/Candidate:/ {print $2}'; }
download() { mkdir -p "$2" && (cd "$2" && apt_in "$1" apt-get -qq download "${@:3}"); }

# The first of some package names that the suite has for an architecture.
first_of() {
  local version name
  for name in "${@:2}"; do
    version=$(candidate "$1" "$name")
    case $version in '' | '(none)') ;; *) echo "$name"; return ;; esac
  done
  die "$suite/$1 has none of: ${*:2}"
}

fetch_lists() {
  local architecture
  declare -gA version
  for architecture in amd64 arm64; do
    say "package lists of $suite/$architecture"
    apt_state "$toolchain/apt-$architecture" $architecture $suite
    version[$architecture]=$(candidate $architecture swiftlang)
    dpkg --compare-versions "${version[$architecture]}" ge $oldest ||
      die "$suite serves swiftlang '${version[$architecture]}' for $architecture; $oldest or newer is needed"
  done
  # Compiler and modules must match; a rebuild of the same version does.
  [ "${version[amd64]%+b[0-9]*}" = "${version[arm64]%+b[0-9]*}" ] ||
    die "$suite serves swiftlang ${version[amd64]} for amd64 but ${version[arm64]} for arm64: try again in a day"
}

unpack_host() {
  local tree=$host.tmp debs=$toolchain/debs-amd64 folder gcc packages package
  rm -rf "$tree"
  mkdir -p "$tree"/usr/{bin,sbin,lib,lib64} "$tree"/{tmp,root,etc,proc,dev}
  for folder in bin sbin lib lib64; do ln -s usr/$folder "$tree/$folder"; done
  gcc=$(first_of amd64 libstdc++-14-dev libstdc++-15-dev libstdc++-16-dev | tr -dc 0-9)
  # What apt would install, less what only maintainer scripts, gcc, perl and lldb need.
  packages=$(apt_in amd64 apt-get install -s swiftlang libc6-dev libstdc++-"$gcc"-dev git bash coreutils sed |
    awk -v n="$gcc" '/^Inst/ && !($2 ~ /^libgcc-[0-9]+-dev$/ && $2 != "libgcc-" n "-dev") {print $2}' |
    grep -vE '^(gcc|cpp|g\+\+|binutils|libbinutils|perl|libperl|libpython|debconf|libcc1|lib[a-z]*san[0-9]|libgprofng|libctf|libsframe|libisl|libmp[cf]|libdb5|libgdbm|liberror|git-man|tzdata|netbase|media-types|mawk|readline-common|openssl-provider|libquadmath|libitm)' || true)
  [ -n "$packages" ] || die "apt found no installable swiftlang for amd64 in $suite"
  say "compiler: swiftlang ${version[amd64]}"
  # shellcheck disable=SC2086
  download amd64 "$debs" $packages
  for package in "$debs"/*.deb; do
    case $package in
      */swiftlang_*)
        unpack "$package" "$tree" --exclude='*lldb*' --exclude='*/clangd' --exclude='*/sourcekit-lsp' \
          --exclude='*/docc' --exclude='*/swift-format' --exclude='*ourcekit*' --exclude='*ourceKit*' \
          --exclude='*/libLTO*' --exclude='*/libclang.so*' --exclude='*/wasmkit' --exclude='*/repl_swift' \
          --exclude='*/embedded/*' --exclude='*/swift_static/*' --exclude='*/FrameworkABIBaseline/*' \
          --exclude='*/clang/*/lib/*' --exclude='*/share/doc/*' --exclude='*/share/man/*' ;;
      *)
        unpack "$package" "$tree" --exclude='./usr/share/doc*' --exclude='./usr/share/man*' \
          --exclude='./usr/share/locale*' --exclude='./usr/share/info*' ;;
    esac
  done
  ln -s ../libexec/swift/bin/ld.lld "$tree/usr/bin/ld"  # links manifests, in place of binutils
  [ -e "$tree/usr/bin/sh" ] || ln -s bash "$tree/usr/bin/sh"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
  echo 'root:x:0:' >"$tree/etc/group"
  rm -rf "$host"
  mv "$tree" "$host"
  rm -rf "$debs"
  echo "${version[amd64]}" >"$toolchain/version.host"
}

unpack_target() {
  local tree=$toolchain/target.tmp debs=$toolchain/debs-arm64 swift=$toolchain/swift.tmp gcc package folder clang
  rm -rf "$tree" "$swift"
  mkdir -p "$tree/usr/lib" "$swift"
  gcc=$(first_of arm64 libstdc++-14-dev libstdc++-15-dev libstdc++-16-dev | tr -dc 0-9)
  say "libraries: swiftlang ${version[arm64]}, glibc $(candidate arm64 libc6)"
  # shellcheck disable=SC2086
  download arm64 "$debs" swiftlang libswiftlang libc6 libc6-dev linux-libc-dev libcrypt1 libgcc-s1 \
    libgcc-"$gcc"-dev libstdc++6 libstdc++-"$gcc"-dev $libraries \
    "$(first_of arm64 libpng16-16t64 libpng16-16)"
  ln -s usr/lib "$tree/lib"
  for package in "$debs"/*.deb; do
    case $package in
      */swiftlang_*)
        unpack "$package" "$swift" --exclude='*/embedded' --exclude='*/host' --exclude='*/pm' \
          --exclude='*/FrameworkABIBaseline' --exclude='*/migrator' --exclude='*/lib_InternalSwiftStaticMirror*' \
          --exclude='*.swiftdoc' --exclude='*.abi.json' --exclude='*/clang/*/lib/linux/*san*' \
          --exclude='*/clang/*/lib/linux/*xray*' --exclude='*/clang/*/lib/linux/*fuzzer*' --exclude='*/clang/*/bin' \
          ./usr/libexec/swift/lib/swift ./usr/libexec/swift/lib/swift_static ./usr/libexec/swift/lib/clang ;;
      */libswiftlang_*) unpack "$package" "$swift" --exclude='*/host' --exclude='./usr/share' ;;
      *)
        unpack "$package" "$tree" --exclude='./usr/share' --exclude='./usr/bin' --exclude='./usr/sbin' \
          --exclude='./sbin' --exclude='*/gconv*' ;;
    esac
  done
  mv "$swift"/usr/libexec/swift/lib/* "$tree/usr/lib/"
  clang=$(basename "$(ls -d "$tree"/usr/lib/clang/* | sort -V | tail -1)")
  for folder in swift swift_static; do ln -sfn "../clang/$clang" "$tree/usr/lib/$folder/clang"; done
  # This overlay of Testing and Foundation is declared but not shipped; tests that import both would not link.
  [ -e "$tree/usr/lib/swift/linux/lib_Testing_Foundation.so" ] ||
    rm -rf "$tree"/usr/lib/swift*/linux/{Testing.swiftcrossimport,_Testing_Foundation.swiftmodule}
  rm -rf "$toolchain/sdk"
  mkdir -p "$bundle"
  mv "$tree" "$target"
  describe_sdk
  rm -rf "$debs" "$swift"
  echo "${version[arm64]} $libraries" >"$toolchain/version.target"
}

describe_sdk() {
  cat >"$bundle/../../info.json" <<JSON
{ "schemaVersion": "1.0", "artifacts": { "ttame-arm64": { "type": "swiftSDK", "version": "0.0.1", "variants": [
  { "path": "ttame-arm64/$triple", "supportedTriples": ["x86_64-unknown-linux-gnu", "x86_64-pc-linux-gnu"] } ] } } }
JSON
  cat >"$bundle/swift-sdk.json" <<JSON
{ "schemaVersion": "4.0", "targetTriples": { "$triple": { "sdkRootPath": "sysroot",
  "swiftResourcesPath": "sysroot/usr/lib/swift", "swiftStaticResourcesPath": "sysroot/usr/lib/swift_static",
  "includeSearchPaths": ["sysroot/usr/include"], "librarySearchPaths": ["sysroot/usr/lib/aarch64-linux-gnu"],
  "toolsetPaths": ["toolset.json"] } } }
JSON
  cat >"$bundle/toolset.json" <<JSON
{ "schemaVersion": "1.0", "rootPath": "/usr/libexec/swift/bin",
  "swiftCompiler": { "extraCLIOptions": ["-use-ld=lld"] }, "linker": { "path": "ld.lld" } }
JSON
}

is_ready() { [ "$(cat "$toolchain/.done" 2>/dev/null)" = "$libraries" ]; }

setup() {
  ! is_ready || return 0
  mkdir -p "$toolchain"
  exec 9>"$toolchain/lock"
  flock 9
  ! is_ready || return 0
  [ "$(df -Pm "$toolchain" | awk 'NR == 2 {print $4}')" -ge 4000 ] || die "setup needs 4 GB free in $toolchain"
  fetch_lists
  [ "$(cat "$toolchain/version.host" 2>/dev/null)" = "${version[amd64]}" ] || unpack_host
  [ "$(cat "$toolchain/version.target" 2>/dev/null)" = "${version[arm64]} $libraries" ] || unpack_target
  rm -rf "$toolchain"/apt-* "$toolchain"/*.tmp
  echo "$libraries" >"$toolchain/.done"
  exec 9>&-
  say "ready: $(du -shx "$toolchain" | cut -f1) in $toolchain"
}

# A private mount namespace and chroot; root is not needed where user namespaces are allowed.
inside() {
  local enter=(unshare -m --propagation private) visible=("$store" "$root") key value
  [ "$(id -u)" = 0 ] || enter=(unshare -Urm --propagation private)
  : >"$toolchain/gitconfig"
  git config --file "$toolchain/gitconfig" safe.directory '*'
  # Mirrors that this machine's git is told about serve inside too; local ones become visible there.
  while read -r key value; do
    [ -n "$key" ] || continue
    key=${key#url.}
    key=${key%.insteadof}
    git config --file "$toolchain/gitconfig" --add "url.$key.insteadOf" "$value"
    [ ! -d "$key" ] || visible+=("$(readlink -f "$key")")
  done < <(git config --get-regexp '^url\..*\.insteadof$' || true)
  # shellcheck disable=SC2016
  "${enter[@]}" sh -c '
    tree=$1 folder=$2 count=$3
    shift 3
    mount --rbind /proc "$tree/proc"
    mount --rbind /dev "$tree/dev"
    mount -t tmpfs none "$tree/tmp"
    while [ $count -gt 0 ]; do
      mkdir -p "$tree$1"
      mount --rbind "$1" "$tree$1"
      shift
      count=$((count - 1))
    done
    exec chroot "$tree" /usr/bin/env -i -C "$folder" HOME=/root PATH=/usr/libexec/swift/bin:/usr/bin:/bin LANG=C.UTF-8 "$@"
  ' sh "$host" "$root" ${#visible[@]} "${visible[@]}" GIT_CONFIG_GLOBAL="$toolchain/gitconfig" TTAME_ARCH=aarch64 \
    TTAME_COMMIT="${TTAME_COMMIT-}" "$@"
}
