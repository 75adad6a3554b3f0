# shellcheck shell=bash disable=SC2034
# The peer of the benchmarks, in an environment of its own: nothing that is built, run or tested sees it.
title="Ray Serve for the benchmarks"
needs=(packages packages-bench)
outputs=(ray-serve/bin/python ray-serve/bin/ray)
advice="check that pip can reach its package index and that 1 GB of disk is free; a hash mismatch means that a download was altered."

# The path counts: an environment does not work after a move.
inputs() {
  echo "$MANTA_CACHE/ray-serve"
  "$PYTHON" --version 2>/dev/null || true # not installed yet
  cat "$REQUIREMENTS/ray-serve.txt"
}

build() {
  "$PYTHON" -m venv venv
  # Byte code made here would name this folder in tracebacks.
  venv/bin/pip install --no-compile --no-cache-dir --no-deps --require-hashes --progress-bar off -r "$REQUIREMENTS/ray-serve.txt"
  venv/bin/pip check
  # Scripts name their interpreter by its path.
  grep -rlI "$WORK/venv" venv/bin venv/pyvenv.cfg | xargs sed -i "s|$WORK/venv|$MANTA_CACHE/ray-serve|g"
  # Compiled once where it stays: without byte code each of Ray's processes would compile its modules when it starts.
  publish venv ray-serve
  "$MANTA_CACHE/ray-serve/bin/python" -m compileall -q "$MANTA_CACHE/ray-serve/lib" || true
}
