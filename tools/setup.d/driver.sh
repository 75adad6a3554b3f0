# shellcheck shell=bash
# Decides which steps are due, runs them one after the other and shows how far they are.

STAMPS=$MANTA_CACHE/stamps
LOGS=$MANTA_CACHE/logs
steps_dir=$MANTA_ROOT/tools/setup.d
job=

# set_up STEP...: makes these steps, and those they need, ready.
set_up() {
  local step steps=() due=0
  for step in "$@"; do add_step "$step"; done
  for step in "${steps[@]}"; do in_step "$step" is_ready || due=$((due + 1)); done
  if [ "$due" = 0 ]; then
    [ -n "$quiet" ] || echo "set-up: nothing to do"
    return
  fi
  check_system
  mkdir -p "$STAMPS" "$LOGS"
  take_lock
  trap 'stop_job; exit 130' INT TERM HUP
  rm -rf "$MANTA_CACHE/tmp"
  echo "Setting up Manta in $MANTA_CACHE"
  local number=0
  for step in "${steps[@]}"; do
    number=$((number + 1))
    run_step "$step" "[$number/${#steps[@]}] $(in_step "$step" show title)"
  done
  rm -rf "$MANTA_CACHE/tmp"
  echo "Set-up done in $(elapsed 0)"
}

# Appends a step to `steps`, after those it needs.
add_step() {
  local needed
  [ -f "$steps_dir/$1.sh" ] || { echo "tools/setup: there is no step '$1'; tools/setup --list names them" >&2; exit 2; }
  case " ${steps[*]-} " in *" $1 "*) return ;; esac
  for needed in $(in_step "$1" show needs); do add_step "$needed"; done
  steps+=("$1")
}

list_steps() {
  local step
  for step in "$@"; do printf '%-15s %s\n' "$step" "$(in_step "$step" show title)"; done
}

# in_step STEP FUNCTION...: calls a function with the step's definitions, in a process of its own.
in_step() {
  "$BASH" -euo pipefail "$steps_dir/step.sh" "$@"
}

# run_step STEP HEADING
run_step() {
  local step=$1 heading=$2 log=$LOGS/$1.log started=$SECONDS
  if in_step "$step" is_ready; then
    echo "$heading: ready"
    return
  fi
  in_step "$step" prepare
  # A process group of its own, so that stopping the set-up stops all that the step started.
  set -m
  in_step "$step" perform >"$log" 2>&1 </dev/null &
  job=$!
  set +m
  follow_job "$step" "$heading" "$log" "$started"
  if wait "$job"; then
    job=
    show_line "$heading: done in $(elapsed "$started")"
    return
  fi
  job=
  show_line "$heading: FAILED after $(elapsed "$started")"
  explain_failure "$step" "$log"
  exit 1
}

# Shows one line that changes in place on a terminal, elsewhere a line every 30 seconds.
follow_job() {
  local step=$1 heading=$2 log=$3 started=$4 shown=$SECONDS
  while kill -0 "$job" 2>/dev/null; do
    if [ -t 1 ]; then
      printf '\r\033[K%.*s' "$(($(terminal_width) - 1))" \
        "$heading: $(elapsed "$started")  $(in_step "$step" progress "$log")"
    elif [ $((SECONDS - shown)) -ge 30 ]; then
      shown=$SECONDS
      echo "$heading: $(elapsed "$started")  $(in_step "$step" progress "$log")"
    fi
    sleep 0.3
  done
}

show_line() {
  if [ -t 1 ]; then printf '\r\033[K'; fi
  echo "$1"
}

terminal_width() {
  local size
  size=$(stty size <&1 2>/dev/null) || size="24 80"
  echo "${size#* }"
}

explain_failure() {
  local step=$1 log=$2
  {
    echo
    echo "The end of $log:"
    tail -n 15 "$log" | sed 's/^/    /'
    echo
    if [ -s "$MANTA_CACHE/tmp/$step.failure" ]; then
      sed 's/^/  /' "$MANTA_CACHE/tmp/$step.failure"
    else
      echo "  What to do: $(in_step "$step" show advice)"
    fi
    echo "  Then start the set-up again: the steps that are done are kept."
  } >&2
}

stop_job() {
  trap '' INT TERM HUP
  show_line "set-up stopped"
  if [ -n "$job" ]; then
    kill -TERM -- "-$job" 2>/dev/null || true
    wait "$job" 2>/dev/null || true
  fi
  rm -rf "$MANTA_CACHE/tmp"
}

# One set-up at a time per cache folder. The kernel frees the lock when its holder ends, however it ends.
take_lock() {
  exec 9>"$MANTA_CACHE/lock"
  if ! flock -n 9; then
    echo "Another set-up works in $MANTA_CACHE: waiting for it"
    flock 9
  fi
}

check_system() {
  local name
  name=$(. /etc/os-release && echo "$ID ${VERSION_CODENAME:-}")
  if [ "$name $(uname -m)" != "debian bookworm x86_64" ]; then
    echo "tools/setup: this is $name on $(uname -m); the set-up is for Debian 12 (bookworm) on x86_64." >&2
    echo "  What to do: run it there, or in a container made from a Debian 12 image." >&2
    exit 1
  fi
}

# Time since $1 seconds after the start of this script.
elapsed() {
  local seconds=$((SECONDS - $1))
  printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}
