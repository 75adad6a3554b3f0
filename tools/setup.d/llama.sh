# shellcheck shell=bash disable=SC2034
title="llama.cpp library"
needs=(python)
outputs=(llama/include/llama.h llama/lib/libllama.so llama/lib/libggml.so)
# shellcheck source=tools/setup.d/llama_build.sh
. "$MANTA_ROOT/tools/setup.d/llama_build.sh"

build() {
  llama_sources
  llama_configure OFF
  llama_compile all
  cmake --install "$(llama_tree)/objects" --prefix "$WORK/prefix"
  # llama-server has a folder of its own; this name for it works once that step is done.
  mkdir -p prefix/bin
  ln -s ../../llama-server/bin/llama-server prefix/bin/llama-server
  publish prefix llama
}
