# shellcheck shell=bash disable=SC2034
# What the bridge to a Ray cluster runs on, in an environment of its own: nothing that is built or run on one machine sees it.
title="Ray for the bridge to a cluster"
needs=(packages)
outputs=(ray/bin/python ray/bin/ray ray/bin/mypy ray/bin/pytest)
advice="check that pip can reach its package index and that 600 MB of disk are free; a hash mismatch means that a download was altered."

# The path counts: an environment does not work after a move.
inputs() {
  echo "$MANTA_CACHE/ray"
  "$PYTHON" --version 2>/dev/null || true # not installed yet
  cat "$REQUIREMENTS/ray.txt"
}

build() {
  "$PYTHON" -m venv venv
  # Byte code made here would name this folder in tracebacks.
  venv/bin/pip install --no-compile --no-cache-dir --no-deps --require-hashes --progress-bar off -r "$REQUIREMENTS/ray.txt"
  venv/bin/pip check
  # Scripts name their interpreter by its path.
  grep -rlI "$WORK/venv" venv/bin venv/pyvenv.cfg | xargs sed -i "s|$WORK/venv|$MANTA_CACHE/ray|g"
  # Compiled once where it stays: without byte code each of Ray's processes would compile its modules when it starts.
  publish venv ray
  "$MANTA_CACHE/ray/bin/python" -m compileall -q "$MANTA_CACHE/ray/lib" || true
}
