# shellcheck shell=bash disable=SC2034
title="Debian packages for the benchmarks"
# shellcheck source=tools/setup.d/debian_packages.sh
. "$MANTA_ROOT/tools/setup.d/debian_packages.sh"

# Debian starts nginx, on port 80, when it is installed on a machine with a running init; nobody needs that here.
after_install() {
  if [ -d /run/systemd/system ]; then
    as_root systemctl disable --now nginx
  fi
}
