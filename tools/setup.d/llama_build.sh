# shellcheck shell=bash
# Shared by the steps `llama` and `llama-server`: llama.cpp's sources and how they are configured.
# Sources and objects stay in one folder per version and processor, so that the second step compiles only what it adds
# and a stopped build goes on where it was.

# shellcheck disable=SC2034  # read by step.sh
advice="see the log; a compiler that was killed means too little memory: 4 GB are enough."

# GGML_NATIVE below compiles for this very processor: what was built on another one may not run here.
inputs() {
  cat "$REQUIREMENTS/llama.txt" "$MANTA_ROOT/tools/setup.d/llama_build.sh"
  grep -m 1 '^flags' /proc/cpuinfo
}

llama_tree() {
  local key
  key=$({ cat "$REQUIREMENTS/llama.txt"; grep -m 1 '^flags' /proc/cpuinfo; } | sha256sum)
  echo "$MANTA_CACHE/build/llama-${key:0:12}"
}

llama_sources() {
  local tree package
  tree=$(llama_tree)
  if [ -d "$tree/source" ]; then return; fi
  rm -rf "$MANTA_CACHE"/build/llama-*
  # pip reads the package's metadata, for which it runs the build backend: ours, of known hash, not one fetched for it.
  PATH=$VENV/bin:$PATH pip_download llama.txt --no-binary llama-cpp-python --no-build-isolation
  package=$(echo download/llama_cpp_python-*.tar.gz)
  tar xf "$package"
  mkdir -p "$tree"
  mv "$(basename "$package" .tar.gz)/vendor/llama.cpp" "$tree/source"
}

# llama_configure SERVER: ON or OFF. llama-server needs the parts called tools and common.
llama_configure() {
  local tree no_amx=
  tree=$(llama_tree)
  [ "$(uname -m)" != x86_64 ] || no_amx="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
  # The prebuilt web UI would be downloaded from elsewhere. $ORIGIN: the libraries find each other wherever they lie. Of AMX gcc 12
  # drops most of the tiles' configuration (it believes that the instruction reads 8 bytes), which then is invalid: a fault.
  # shellcheck disable=SC2016
  cmake -S "$tree/source" -B "$tree/objects" -G Ninja -DCMAKE_C_COMPILER=/usr/bin/gcc -DCMAKE_CXX_COMPILER=/usr/bin/g++ \
    -DCMAKE_C_FLAGS="$no_amx" -DCMAKE_CXX_FLAGS="$no_amx" \
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=ON -DGGML_CCACHE=OFF -DLLAMA_OPENSSL=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF \
    -DLLAMA_USE_PREBUILT_UI=OFF -DCMAKE_INSTALL_PREFIX="$MANTA_CACHE/llama" \
    '-DCMAKE_INSTALL_RPATH=$ORIGIN;$ORIGIN/../lib' -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
    -DLLAMA_BUILD_COMMON="$1" -DLLAMA_BUILD_TOOLS="$1" -DLLAMA_BUILD_SERVER="$1"
}

llama_compile() {
  NINJA_STATUS='[%p] ' nice ninja -C "$(llama_tree)/objects" "$@"
}
