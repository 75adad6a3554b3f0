# shellcheck shell=bash disable=SC2034
# A peer of the benchmarks.
title="vllm-router for the benchmarks"
needs=(packages)
outputs=(vllm-router/bin/python vllm-router/bin/vllm-router)
# shellcheck source=tools/setup.d/own_environment.sh
. "$MANTA_ROOT/tools/setup.d/own_environment.sh"
