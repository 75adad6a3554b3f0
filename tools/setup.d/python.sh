# shellcheck shell=bash disable=SC2034
title="Python environment"
needs=(packages)
outputs=(venv/bin/python)
advice="check that pip can reach its package index; a hash mismatch means that a download was altered."

# The path counts: an environment does not work after a move.
inputs() {
  echo "$VENV"
  "$PYTHON" --version 2>/dev/null || true # not installed yet
  cat "$REQUIREMENTS/python.txt"
}

build() {
  "$PYTHON" -m venv venv
  # Byte code made here would name this folder in tracebacks.
  venv/bin/pip install --no-compile --no-cache-dir --no-deps --require-hashes --progress-bar off -r "$REQUIREMENTS/python.txt"
  # Scripts name their interpreter by its path.
  grep -rlI "$WORK/venv" venv/bin venv/pyvenv.cfg | xargs sed -i "s|$WORK/venv|$VENV|g"
  publish venv venv
}
