# shellcheck shell=bash disable=SC2034
# A peer of the benchmarks.
title="FastAPI for the benchmarks"
needs=(packages)
outputs=(fastapi/bin/python fastapi/bin/uvicorn)
# shellcheck source=tools/setup.d/own_environment.sh
. "$MANTA_ROOT/tools/setup.d/own_environment.sh"
