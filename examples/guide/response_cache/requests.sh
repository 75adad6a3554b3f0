# [requests]
ask() { curl -s -D - -o /dev/null "$@" localhost:8000/translate -d '["hello"]' | grep -o 'x-manta-cache: .*' | tr -d '\r'; }
ask; ask; ask -H 'cache-control: no-cache'
#> x-manta-cache: miss
#> x-manta-cache: hit
#> x-manta-cache: miss
# [/requests]
