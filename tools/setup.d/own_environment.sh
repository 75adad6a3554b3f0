# shellcheck shell=bash
# Shared by the steps that install Python packages into an environment of their own, below $MANTA_CACHE under the step's name:
# nothing that is built, run or tested sees them. The step's name also names its list of packages in tools/requirements.

# shellcheck disable=SC2034  # read by step.sh
advice="check that pip can reach its package index and that the disk is not full; a hash mismatch means that a download was altered."

# The path counts: an environment does not work after a move.
# shellcheck disable=SC2154  # step: see step.sh
inputs() {
  echo "$MANTA_CACHE/$step"
  "$PYTHON" --version 2>/dev/null || true # not installed yet
  cat "$REQUIREMENTS/$step.txt" "$MANTA_ROOT/tools/setup.d/own_environment.sh"
}

build() {
  "$PYTHON" -m venv venv
  # Byte code made here would name this folder in tracebacks.
  venv/bin/pip install --no-compile --no-cache-dir --no-deps --require-hashes --progress-bar off -r "$REQUIREMENTS/$step.txt"
  venv/bin/pip check
  # Scripts name their interpreter by its path.
  grep -rlI "$WORK/venv" venv/bin venv/pyvenv.cfg | xargs sed -i "s|$WORK/venv|$MANTA_CACHE/$step|g"
  # Compiled once where it stays: without byte code each process would compile its modules when it starts.
  publish venv "$step"
  "$MANTA_CACHE/$step/bin/python" -m compileall -q "$MANTA_CACHE/$step/lib" || true
}
