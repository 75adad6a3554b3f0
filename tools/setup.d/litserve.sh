# shellcheck shell=bash disable=SC2034
# A peer of the benchmarks.
title="LitServe for the benchmarks"
needs=(packages)
outputs=(litserve/bin/python litserve/bin/litserve)
# shellcheck source=tools/setup.d/own_environment.sh
. "$MANTA_ROOT/tools/setup.d/own_environment.sh"
