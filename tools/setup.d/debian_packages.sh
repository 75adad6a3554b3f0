# shellcheck shell=bash
# Shared by the steps that install a section of tools/packages.txt; the section has the step's name.
# Whether such a step is due is asked of dpkg, not of a stamp: packages can be removed behind our back.

# shellcheck disable=SC2034  # read by step.sh
advice="check that apt works here ('apt-get update'), that the disk is not full and that the mirror can be reached."

# shellcheck disable=SC2154  # step: see step.sh
packages() {
  awk -v section="[$step]" '/^\[/ { inside = ($0 == section); next } inside && !/^#/ && NF' "$MANTA_ROOT/tools/packages.txt"
}

missing_packages() {
  local installed
  # shellcheck disable=SC2046  # one argument per package
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $(packages) 2>/dev/null || true)
  packages | while read -r package; do
    grep -qx "$package installed" <<< "$installed" || echo "$package"
  done
}

ready() { [ -z "$(missing_packages)" ]; }

# sudo asks for its password here, in the foreground; later it finds it remembered.
prepare() {
  if [ "$(id -u)" = 0 ]; then return; fi
  if ! command -v sudo >/dev/null || ! sudo -v; then
    echo "Debian packages are missing, and only root can install them. What to do: as root, run" >&2
    echo "    apt-get install --no-install-recommends $(missing_packages | tr '\n' ' ')" >&2
    echo "and then start the set-up again." >&2
    exit 1
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

build() {
  local missing
  missing=$(missing_packages)
  # An earlier installation may have been interrupted.
  as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a
  apt update || echo "The package lists could not be refreshed; trying those on disk."
  # shellcheck disable=SC2086  # one argument per package
  if ! apt install -y --no-install-recommends $missing; then
    # shellcheck disable=SC2116,SC2086  # on one line
    fail "Debian packages could not be installed: $(echo $missing)" "$advice"
  fi
  after_install
}

after_install() { :; }

progress() {
  local total unpacked configured
  total=$(sed -n 's/^[0-9]* upgraded, \([0-9]*\) newly installed.*/\1/p' "$1")
  unpacked=$(grep -c '^Unpacking ' "$1" || true)
  configured=$(grep -c '^Setting up ' "$1" || true)
  if [ -z "$total" ]; then
    echo "reading package lists"
  elif [ "$unpacked" = 0 ]; then
    echo "downloading $total packages"
  else
    echo "unpacked $unpacked, configured $configured of $total packages"
  fi
}
