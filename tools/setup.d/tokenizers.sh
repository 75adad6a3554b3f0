# shellcheck shell=bash disable=SC2034
title="tokenizers library"
needs=(packages)
outputs=(tokenizers/include/tokenizers_c.h tokenizers/lib/libtokenizers_c.a)
advice="check that cargo can reach its registry; on a compiler error, see whether 'rustc-web' is 1.85 or newer."
crate=$MANTA_ROOT/third_party/tokenizers_c

inputs() { cat "$crate"/Cargo.toml "$crate"/Cargo.lock "$crate"/*.h "$crate"/src/*.rs; }

build() {
  # Debian's compiler by path: PATH may lead to another one. --locked: exactly the crates of Cargo.lock, by checksum.
  RUSTC=/usr/bin/rustc nice /usr/bin/cargo build --release --locked --manifest-path "$crate/Cargo.toml" --target-dir target
  mkdir -p prefix/include prefix/lib
  cp "$crate/tokenizers_c.h" prefix/include/
  cp target/release/libtokenizers_c.a prefix/lib/
  publish prefix tokenizers
}

progress() {
  local total compiled
  total=$(grep -c '^name = ' "$crate/Cargo.lock")
  compiled=$(grep -c '^ *Compiling ' "$1" || true)
  if [ "$compiled" = 0 ]; then
    echo "downloading crates"
  else
    echo "compiling crate $compiled of about $total: $(sed -n 's/^ *Compiling //p' "$1" | tail -n 1)"
  fi
}
