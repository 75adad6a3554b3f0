# shellcheck shell=bash disable=SC2034
# A peer of the benchmarks.
title="BentoML for the benchmarks"
needs=(packages)
outputs=(bentoml/bin/python bentoml/bin/bentoml)
# shellcheck source=tools/setup.d/own_environment.sh
. "$MANTA_ROOT/tools/setup.d/own_environment.sh"
