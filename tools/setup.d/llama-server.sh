# shellcheck shell=bash disable=SC2034
# The peer of benchmarks, and in tests the stand-in for a managed engine process with an OpenAI API.
title="llama-server"
needs=(llama)
outputs=(llama-server/bin/llama-server)
# shellcheck source=tools/setup.d/llama_build.sh
. "$MANTA_ROOT/tools/setup.d/llama_build.sh"

build() {
  local objects
  objects=$(llama_tree)/objects
  llama_sources
  llama_configure ON
  llama_compile llama-server
  # Not `cmake --install`, for which all the other tools would have to be built.
  mkdir -p prefix/bin prefix/lib
  cp "$objects/bin/llama-server" prefix/bin/
  cp -a "$objects"/bin/*.so* prefix/lib/
  publish prefix llama-server
}
