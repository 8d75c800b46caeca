#!/usr/bin/env bash
# Writes what comes beside the binary and is made by it: the manual page and the completions of three shells.
#
# usage: documents.sh BINARY FOLDER [ZSH FOLDER]    FOLDER is PREFIX/share; ZSH FOLDER (site-functions) is below it in zsh/
#
# Environment: TTAME_RUNNER  runs BINARY if it is for another machine (qemu-aarch64-static)
#              TTAME_MODELS  names that completions offer (default: the bundled model)
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 64; }
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

binary=$1 share=$2 zsh=$2/zsh/${3:-site-functions}
read -r -a names <<<"${TTAME_MODELS-${models[*]}}"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# Completions offer the models that the program finds, so it runs where it finds those of the package alone.
mkdir -p "$place/prefix/bin" "$place/prefix/share/ttame-lite/weights" "$place/empty"
cp "$binary" "$place/prefix/bin/ttame-lite"
for name in "${names[@]}"; do : >"$place/prefix/share/ttame-lite/weights/$name.safetensors"; done
# shellcheck disable=SC2086
program() { (cd "$place/empty" && env -i PATH="$PATH" ${TTAME_RUNNER-} "$place/prefix/bin/ttame-lite" "$@"); }

install -d -m 755 "$share/man/man1" "$share/bash-completion/completions" "$share/fish/vendor_completions.d" "$zsh"
completions=("$share/bash-completion/completions/ttame-lite" "$zsh/_ttame-lite"
  "$share/fish/vendor_completions.d/ttame-lite.fish")
for shell in bash:0 zsh:1 fish:2; do
  file=${completions[${shell#*:}]}
  # The scripts are read by a shell, never run, so they need no interpreter.
  program --generate-completion-script "${shell%:*}" | sed '1{/^#!/d}' >"$file"
  chmod 644 "$file"
done
grep -qF "compgen -W '${names[*]}' --" "${completions[0]}" ||
  die "completions should offer the models ${names[*]} and no other; is $place inside of a Swift package?"

page=$share/man/man1/ttame-lite.1
program --experimental-dump-help >"$place/help.json"
"$here/manual-page.py" --version "$version" --date "$(date -u -d "@$epoch" +%F)" <"$place/help.json" >"$page"
"$here/manual-page.py" --check "$page" --sources "$root/Sources" <"$place/help.json"
gzip -9nf "$page"
chmod 644 "$page.gz"
