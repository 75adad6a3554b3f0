# [routes]
curl -s localhost:8000/shop/items/7
#> item 7

curl -s localhost:8000/shop/order -d '{"name": "pen", "amount": 2}'
#> {"name":"pen","amount":2}

curl -s 'localhost:8000/shop?name=pen'
#> {"name":"pen","amount":1}

curl -s --http2-prior-knowledge localhost:8000/shop/items/7
#> item 7

curl -s localhost:8000/shop/openapi.json
#> {"openapi":"3.1.0",...
# [/routes]

curl -s localhost:8000/shop/docs
#> <!doctype html>...openapi.json...

# [headers]
curl -s -D - -o /dev/null localhost:8000/shop/items/7 -H 'x-request-id: my-request' | grep -i x-request-id
#> x-request-id: my-request

curl -s -o /dev/null -w '%{http_code}\n' localhost:8000/shop/items/7 -H 'x-request-timeout-seconds: soon'
#> 400
# [/headers]

# [errors]
curl -s localhost:8000/shop/order -H 'accept: application/json' -d '{"name": "pen", "amount": 10}'
#> {"error":{"type":"AppError",..."message":"only 9 are left",..."request_id":"..."...

curl -s localhost:8000/shop/order -d '{"nmae": "pen"}'
#> ...unknown key 'nmae'...'name'...

curl -s localhost:8000/nothing
#> Path '/nothing' not found. Ping http://.../-/routes for available routes.

curl -s -o /dev/null -w '%{http_code}\n' localhost:8000/shop/order
#> 405
# [/errors]

# [streams]
curl -s localhost:8000/shop/count -d '[2]'
#> 1
#> 2

curl -sN localhost:8000/shop/count -d '[2]' -H 'accept: text/event-stream'
#> data: 1
#>
#> data: 2
# [/streams]

# [pages]
curl -s localhost:8000/-/healthz
#> success

curl -s localhost:8000/-/routes
#> {"/shop":"shop"}

curl -s localhost:8000/ready
#> {"ready":true}

curl -s localhost:8000/-/metrics | grep -c '^ray_serve_num_http_requests{'
#> ...
# [/pages]
