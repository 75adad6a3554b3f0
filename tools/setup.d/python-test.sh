# shellcheck shell=bash disable=SC2034
# Adds to the environment of the step `python`; when that is made anew, pytest is gone from it and this step is due.
title="Python packages for the tests"
needs=(python)
outputs=(venv/bin/pytest)
advice="check that pip can reach its package index; a hash mismatch means that a download was altered."

inputs() { cat "$REQUIREMENTS/python-test.txt"; }

build() {
  "$VENV/bin/pip" install --no-compile --no-cache-dir --no-deps --require-hashes --progress-bar off -r "$REQUIREMENTS/python-test.txt"
  "$VENV/bin/pip" check
}
