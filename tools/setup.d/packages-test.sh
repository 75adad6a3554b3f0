# shellcheck shell=bash disable=SC2034
title="Debian packages for the tests"
# shellcheck source=tools/setup.d/debian_packages.sh
. "$MANTA_ROOT/tools/setup.d/debian_packages.sh"
