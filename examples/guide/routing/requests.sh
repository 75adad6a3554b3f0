curl -s localhost:8000/square -H 'x-session-id: u7' -d '[7]'
#> 49
