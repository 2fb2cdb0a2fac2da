#!/bin/sh
# Rebuilds the components in prebuilt/ from their sources, and runs their test cases on what comes out.
#
#   plugins/rebuild.sh            rebuilds prebuilt/*.wasm and prebuilt/digests.txt
#   plugins/rebuild.sh --check    rebuilds elsewhere, runs the cases on the fresh components whatever the toolchain,
#                                 and fails where the bytes differ though the toolchain is the same
#
# Fails where a component has more than 200 KB.
#
# Needs a Rust target for WebAssembly and ziglang: `gristmill doctor` says what is missing.
set -eu
cd "$(dirname "$0")/.."

names="carrier_score flights quadrature stats"

check=false
[ "${1:-}" = "--check" ] && check=true

# The engine's own target folder and the plugins' must not be the same: their cargos differ.
cargo build --quiet --bin gristmill
gristmill=${CARGO_TARGET_DIR:-target}/debug/gristmill
unset CARGO_TARGET_DIR
[ -z "${GRISTMILL_GUEST_TARGET:-}" ] || export CARGO_TARGET_DIR=$GRISTMILL_GUEST_TARGET

if rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null | xargs -r test -d; then
    rust=$(rustc --version)
else
    rust=$(/usr/bin/rustc --version)
fi
toolchain="# $rust; ziglang $(python3 -m ziglang version)"

out=plugins/prebuilt
if $check; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi

for name in $names; do
    "$gristmill" plugin build "plugins/$name" --out "$out/$name.wasm"
    "$gristmill" plugin test "plugins/$name" --component "$out/$name.wasm"
    nbytes=$(wc -c < "$out/$name.wasm")
    if [ "$nbytes" -gt 200000 ]; then
        echo "$name.wasm has $nbytes bytes; a prebuilt component has at most 200 KB" >&2
        exit 1
    fi
done

echo "$toolchain" > "$out/digests.txt"
for name in $names; do
    digest=$("$gristmill" plugin inspect --json "$out/$name.wasm" | sed -n 's/^  "digest": "\(.*\)",$/\1/p')
    echo "$name blake3-$digest" >> "$out/digests.txt"
done

if $check; then
    if [ "$(head -n 1 plugins/prebuilt/digests.txt)" != "$toolchain" ]; then
        echo "the cases pass on fresh components; not compared with prebuilt/, which another toolchain built:"
        echo "  prebuilt/ $(head -n 1 plugins/prebuilt/digests.txt)"
        echo "  here      $toolchain"
    else
        diff plugins/prebuilt/digests.txt "$out/digests.txt"
        echo "prebuilt/ is what the sources give"
    fi
fi
