# shellcheck shell=bash disable=SC2034
# A peer of the benchmarks.
title="Ray Serve for the benchmarks"
needs=(packages packages-bench)
outputs=(ray-serve/bin/python ray-serve/bin/ray)
# shellcheck source=tools/setup.d/own_environment.sh
. "$MANTA_ROOT/tools/setup.d/own_environment.sh"
