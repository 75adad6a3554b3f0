# shellcheck shell=bash disable=SC2034
title="Debian packages"
# shellcheck source=tools/setup.d/debian_packages.sh
. "$MANTA_ROOT/tools/setup.d/debian_packages.sh"
