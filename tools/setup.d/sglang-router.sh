# shellcheck shell=bash disable=SC2034
# A peer of the benchmarks.
title="sglang-router for the benchmarks"
needs=(packages)
outputs=(sglang-router/bin/python sglang-router/bin/sglang-router)
# shellcheck source=tools/setup.d/own_environment.sh
. "$MANTA_ROOT/tools/setup.d/own_environment.sh"
