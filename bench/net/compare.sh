#!/bin/sh
# Server CPU per request: net_server against nginx static (HTTP/1.1, wrk) and alone (HTTP/2, h2load and net_client).
# Usage: compare.sh BUILD_DIR [ROUNDS] [SECONDS]
set -eu
build=$1; rounds=${2:-3}; seconds=${3:-3}
work=$(mktemp -d); trap 'kill $pids 2>/dev/null; rm -rf "$work"' EXIT; pids=
printf '%s\n' "worker_processes 1; daemon off; pid $work/pid; error_log /dev/null; events { worker_connections 1024; }" \
  "http { access_log off; keepalive_requests 100000000; default_type application/json;" \
  "server { listen 127.0.0.1:18081; location / { return 200 '{\"status\":\"ok\"}'; } } }" > "$work/nginx.conf"
taskset -c 0 nginx -p "$work" -c "$work/nginx.conf" & pids="$pids $!"; nginx_master=$!
taskset -c 0 "$build/bench/net/net_server" 127.0.0.1:18082 & pids="$pids $!"; http=$!
taskset -c 0 "$build/bench/net/net_server" "unix:$work/s" internal & pids="$pids $!"; hop=$!
sleep 1
nginx=$(pgrep -P "$nginx_master" | head -1)
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
report() { awk -v a="$2" -v b="$3" -v n="$4" -v name="$1" 'BEGIN { printf "%-28s server %.2f us, %d requests\n", name, (b - a) * 10000 / n, n }'; }
wrk_case() { # name pid port connections
  a=$(ticks "$2"); n=$(taskset -c 1 wrk -t1 -c"$4" -d"${seconds}s" "http://127.0.0.1:$3/-/healthz" | awk '/requests in/ {print $1}'); report "$1" "$a" "$(ticks "$2")" "$n"; }
hop_case() { # name arguments
  name=$1; shift; a=$(ticks "$hop"); out=$(taskset -c 1 "$build/bench/net/net_client" "unix:$work/s" "$@")
  n=${out#n=}; report "$name" "$a" "$(ticks "$hop")" "${n%% *}"; echo "    client $out"; }
for round in $(seq "$rounds"); do
  for c in 1 32; do
    wrk_case "nginx http1 c=$c" "$nginx" 18081 $c
    wrk_case "manta http1 c=$c" "$http" 18082 $c
  done
  a=$(ticks "$http"); n=$(taskset -c 1 h2load -c8 -m32 -D "$seconds" http://127.0.0.1:18082/ 2>/dev/null | awk '/requests:/ {print $8}')
  report "manta h2load 8x32" "$a" "$(ticks "$http")" "$n"
  hop_case "hop 200 B x1" 200 1 "$seconds"
  hop_case "hop 200 B x64" 200 64 "$seconds"
  hop_case "hop 64 KiB x16" 65536 16 "$seconds"
  hop_case "hop events, 1 stream" 0 1 "$seconds" 10000
  hop_case "hop events, 32 streams" 0 32 "$seconds" 10000
done
