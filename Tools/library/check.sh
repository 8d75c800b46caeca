#!/usr/bin/env bash
# Builds the C library, its examples and the Python package as users do, and checks them against the program.
#
# usage: Tools/library/check.sh          all of it
#        Tools/library/check.sh python   the Python package alone
#
# SWIFT_FLAGS in the environment: more options of `swift build`.
# SWIFT_EXAMPLE=modules builds the example in Swift with the modules that are there, and not as a package that compiles all anew.
# PYTHON, with numpy, Pillow, setuptools and wheel: /usr/bin/python3.
# SECONDS_OF_WRONG_CALLS=N (10) and SEED=N (1) in the environment: how long wrong arguments are tried, and which.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

library=$PWD/.build/library
binary=$PWD/.build/release/ttame-lite
model=$PWD/weights/efficientnet-lite0.safetensors
photo=$PWD/Tests/Fixtures/photos/espresso.jpg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

read -ra flags <<<"${SWIFT_FLAGS-}"
swift build -c release --product ttame-lite "${flags[@]}"
Tools/library/build.sh
export TTAME_WEIGHTS=$PWD/weights
"$binary" explain "$photo" --model "$model" -q -o "$work/command.png"
# What a picture shows, without the program's mark in it.
pixels() { "$work/pixels" "$1"; }
cc -O1 -Wall -Wextra -Werror -I"$library" -o "$work/pixels" Tools/library/pixels.c -L"$library" -lttame -Wl,-rpath,"$library"
same_picture() { cmp <(pixels "$1") <(pixels "$2") || { echo "$1 differs from the command's overlay" >&2; exit 1; }; }

if [[ ${1-} != python ]]; then
  exported=$(nm -D --defined-only "$library/libttame.so" | awk '{print $3}' | sort)
  declared=$(grep -o '\bttame_[a-z_]*(' "$library/ttame.h" | tr -d '(' | sort -u)
  diff <(echo "$declared") <(echo "$exported") || { echo "libttame.so exports other functions than ttame.h declares" >&2; exit 1; }
  diff <(echo "$declared") <(nm -g --defined-only "$library/libttame.a" | awk 'NF == 3 {print $3}' | sort) ||
    { echo "libttame.a defines other functions than ttame.h declares" >&2; exit 1; }
  echo "libttame.so needs: $(readelf -d "$library/libttame.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | xargs)"

  cc -O2 -Wall -Wextra -Werror -I"$library" -o "$work/shared" Examples/C/explain.c -L"$library" -lttame -Wl,-rpath,"$library"
  cc -O2 -I"$library" -o "$work/static" Examples/C/explain.c "$library/libttame.a" \
    -lturbojpeg -lpng16 -ldeflate -lz -lstdc++ -lm -lpthread -ldl
  # The header is one for C++ too.
  echo '#include <ttame.h>
int main() { return ttame_version() == nullptr; }' >"$work/version.cpp"
  c++ -I"$library" -o "$work/version" "$work/version.cpp" -L"$library" -lttame -Wl,-rpath,"$library"
  "$work/version"
  for kind in shared static; do
    "$work/$kind" "$model" "$photo" "$work/$kind.png"
    same_picture "$work/$kind.png" "$work/command.png"
  done

  clang -fuse-ld=lld -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -I"$library" -o "$work/check" \
    Tools/library/check.c -L"$library" -lttame -lm -Wl,-rpath,"$library"
  "$work/check" "$model" "$photo" "${SECONDS_OF_WRONG_CALLS:-10}" "${SEED:-1}"

  if [[ ${SWIFT_EXAMPLE-package} == package ]]; then
    swift build -c release --package-path Examples/Swift --scratch-path .build-example
    example=.build-example/release/explain
  else
    swift package --package-path Examples/Swift --scratch-path .build-example describe >/dev/null
    maps=()
    for map in .build/release/CShim.build Sources/CPNG Sources/CDeflate Sources/CTurboJPEG; do
      maps+=(-Xcc "-fmodule-map-file=$map/module.modulemap")
    done
    example=$work/example
    swiftc -O -I .build/release/Modules "${maps[@]}" -o "$example" Examples/Swift/Sources/explain/main.swift \
      @.build/release/ttame.product/Objects.LinkFileList
  fi
  "$example" "$model" "$photo" "$work/swift.png"
  same_picture "$work/swift.png" "$work/command.png"
fi

# With Debian's numpy, Pillow and setuptools, so that nothing is fetched.
"${PYTHON:-/usr/bin/python3}" -m venv --system-site-packages "$work/venv"
"$work/venv/bin/pip" wheel --quiet --no-build-isolation --no-deps --wheel-dir "$work/wheel" ./Python
"$work/venv/bin/pip" install --quiet --no-deps "$work"/wheel/*.whl
ls -l "$work/wheel"
# Away from the sources, so that the installed package is what is tested.
cp -r Python/tests "$work/tests"
(cd "$work" && TTAME_BINARY=$binary TTAME_MODEL=$model TTAME_PHOTO=$photo venv/bin/python -m unittest discover -s tests)
# The lines of README.md as they stand there, and the overlay that they end with.
mkdir "$work/readme"
cp "$photo" "$work/readme/photo.jpg"
ln -s "$PWD/weights" "$work/readme/weights"
sed -n '/^```python$/,/^```$/{/^```/d; p}' README.md >"$work/readme/lines.py"
grep -q explain "$work/readme/lines.py" || { echo "README.md has no lines of Python" >&2; exit 1; }
echo 'from PIL import Image; Image.fromarray(overlay).save("overlay.png")' >>"$work/readme/lines.py"
(cd "$work/readme" && ../venv/bin/python lines.py)
same_picture "$work/readme/overlay.png" "$work/command.png"
echo "The library, its examples and the Python package answer as the program does."
