# Shares, requests, errors, latency, what is waited for, and the last changes.
manta traffic chat
#> chat /: promoting, step 1 of 4; deployed (since ...)
#> ... ModelV1                   95.00 % ...
#> ... ModelV2                    5.00 % ...
#> ... ModelV3                  gets copies
#> ... sticky by session
#> ...  promoting: deployed

# A person's weights end the promotion.
manta traffic chat --set ModelV1=0,ModelV2=100
#> chat /: manual (since ...)
#> ... ModelV1                    0.00 % ...
#> ... ModelV2                  100.00 % ...

curl -s localhost:8000/ -d '{"text": "hello"}'
#> "ModelV... says hello"

# Everything to the target of the promotion; --rollback: nothing; --restart: from the first step.
manta traffic chat / --promote
#> chat /: promoted (since ...)...

curl -s localhost:8000/ab -d '{"text": "hello"}' -H 'x-session-id: u7'
#> "... says hello"

curl -s localhost:8000/tried/v1/models
#> {"object":"list","data":[{"id":"...

curl -s localhost:8000/compared/v1/models -H 'x-session-id: u7'
#> {"object":"list","data":[{"id":"...
