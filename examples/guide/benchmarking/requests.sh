# [closed]
manta bench http://localhost:8000/greet -d '["you"]' -c 64 -t 2
#> closed loop, 64 requests open, HTTP/1.1, ...
#> ... 0 failed, ...
# [/closed]

# [open]
manta bench http://localhost:8000/greet -d '["you"]' --rate 200 -t 2 --json /tmp/before.json
#> open loop, 200 requests/s, ... 0 failed, ...
# [/open]

# [compare]
manta bench http://localhost:8000/greet -d '["you"]' --rate 200 -t 2 --compare /tmp/before.json
#> ...request_throughput...
# [/compare]
