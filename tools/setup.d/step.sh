# shellcheck shell=bash disable=SC2034
# Runs a function of one step: step.sh STEP FUNCTION ARGUMENT...  Started by driver.sh, which sets the variables used.
# README.md in this folder says what a step defines; the functions from `publish` on are for its `build`.

set -euo pipefail

step=$1
WORK=$MANTA_CACHE/tmp/$step # exists only while `build` runs
VENV=$MANTA_CACHE/venv
REQUIREMENTS=$MANTA_ROOT/tools/requirements
PYTHON=/usr/bin/python3 # Debian's, whatever else PATH offers
export ORT_DISABLE_TELEMETRY=1 # else ONNX Runtime sends usage data and keeps a device id below ~/.cache

needs=()
outputs=()
inputs() { :; }
prepare() { :; }
progress() { tail -c 2000 "$1" | tr '\r' '\n' | grep -v '^ *$' | tail -n 1 | cut -c 1-100; }
ready() { [ "$(fingerprint)" = "$(cat "$MANTA_CACHE/stamps/$step" 2>/dev/null)" ] && have_outputs; }

# shellcheck source=/dev/null
. "$MANTA_ROOT/tools/setup.d/$step.sh"

is_ready() { ready; }

show() {
  local -n shown=$1
  echo "${shown[*]-}"
}

fingerprint() {
  { inputs; cat "$MANTA_ROOT/tools/setup.d/$step.sh"; } | sha256sum
}

have_outputs() {
  local file
  for file in "${outputs[@]}"; do [ -e "$MANTA_CACHE/$file" ] || return 1; done
}

# The stamp is taken before the work: an input that changes meanwhile makes the step due again.
perform() {
  local stamp=$MANTA_CACHE/stamps/$step fingerprint
  fingerprint=$(fingerprint)
  rm -rf "$WORK" "$WORK.failure" "$stamp"
  mkdir -p "$WORK"
  cd "$WORK"
  build
  if ! have_outputs; then
    fail "the step ended without making ${outputs[*]}" "report this as a bug, with the log"
  fi
  echo "$fingerprint" > "$stamp.new"
  mv "$stamp.new" "$stamp"
  cd "$MANTA_CACHE"
  rm -rf "$WORK"
}

# publish FOLDER NAME: makes FOLDER the folder NAME of the cache, replacing an older one.
publish() {
  local target=$MANTA_CACHE/$2
  mkdir -p "$(dirname "$target")"
  rm -rf "$WORK/replaced"
  if [ -e "$target" ]; then mv "$target" "$WORK/replaced"; fi
  mv "$1" "$target"
}

# fail WHAT ADVICE: ends the step; the user sees both.
fail() {
  echo "$1" >&2
  printf '%s\nWhat to do: %s\n' "$1" "$2" > "$WORK.failure"
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# pip_download FILE OPTION...: the packages of requirements file FILE, checked against its hashes, into ./download.
pip_download() {
  "$VENV/bin/pip" download --progress-bar off --no-cache-dir --no-deps --require-hashes --dest download \
    -r "$REQUIREMENTS/$1" "${@:2}"
}

"${@:2}"
