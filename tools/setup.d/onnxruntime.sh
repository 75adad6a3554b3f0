# shellcheck shell=bash disable=SC2034
# The library comes with the Python package, which has no C headers; those come from Debian 13, whose library would need
# Debian 13's C library. Headers may be older than the library: the API is versioned.
title="ONNX Runtime"
needs=(python)
outputs=(onnxruntime/include/onnxruntime_c_api.h onnxruntime/lib/libonnxruntime.so)
advice="check that apt works here ('apt-get update') and that its mirror also holds Debian 13 (trixie)."
oldest_api=21 # what the onnx engine is written for

inputs() { grep '^onnxruntime==' "$REQUIREMENTS/python.txt"; }

build() {
  local library
  mkdir -p prefix/lib
  library=$(echo "$VENV"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.*)
  cp "$library" prefix/lib/
  library=$(basename "$library")
  ln -s "$library" prefix/lib/libonnxruntime.so.1
  ln -s libonnxruntime.so.1 prefix/lib/libonnxruntime.so

  download_headers
  mkdir prefix/include
  cp -r headers/usr/include/onnxruntime/. prefix/include/
  check_api
  publish prefix onnxruntime
}

# Takes the package from the mirror that this system already uses, with a configuration of our own: the system's package
# sources stay as they are. apt checks Debian's signature. The version is left to Debian; check_api judges it.
download_headers() {
  local mirror options
  # shellcheck disable=SC2016  # apt's own fields
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
  if [ -z "$mirror" ]; then
    fail "apt has no source for Debian 12 (bookworm) main, from which the mirror is read" \
      "add one to /etc/apt/sources.list and run 'apt-get update'."
  fi
  mkdir -p apt/lists/partial apt/cache/archives/partial headers
  touch apt/status
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > apt/sources.list
  options=(-o "Dir::Etc::SourceList=$WORK/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$WORK/apt/lists" -o "Dir::State::Status=$WORK/apt/status" -o "Dir::Cache=$WORK/apt/cache"
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o APT::Update::Post-Invoke-Success= -o Acquire::Retries=3)
  apt-get "${options[@]}" update
  apt-get "${options[@]}" download libonnxruntime-dev
  dpkg-deb -x libonnxruntime-dev_*.deb headers
}

# The library answers with a null pointer for an API version that it does not know.
check_api() {
  local api
  api=$(sed -n 's/^#define ORT_API_VERSION \([0-9]*\).*/\1/p' prefix/include/onnxruntime_c_api.h)
  echo "headers: API version $api"
  if [ "${api:-0}" -lt "$oldest_api" ]; then
    fail "Debian 13's ONNX Runtime headers have API version ${api:-unknown}; the onnx engine needs $oldest_api or newer" \
      "use a mirror that is up to date."
  fi
  if ! "$PYTHON" - prefix/lib/libonnxruntime.so "$api" <<'PYTHON'
import ctypes, sys
class ApiBase(ctypes.Structure):
    _fields_ = [("get_api", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)),
                ("get_version", ctypes.CFUNCTYPE(ctypes.c_char_p))]
library = ctypes.CDLL(sys.argv[1])
library.OrtGetApiBase.restype = ctypes.POINTER(ApiBase)
base = library.OrtGetApiBase().contents
print("library: version", base.get_version().decode())
sys.exit(0 if base.get_api(int(sys.argv[2])) else 1)
PYTHON
  then
    fail "Debian 13's ONNX Runtime headers (API version $api) are newer than the library" \
      "raise onnxruntime in tools/requirements/python.in and run tools/requirements/lock."
  fi
}
