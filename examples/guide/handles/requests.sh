curl -s localhost:8000/parallel -d '["how"]'
#> 11

curl -s localhost:8000/retried -d '["how"]'
#> "about how"

curl -s localhost:8000/by_name -d '["how"]'
#> 2

curl -s localhost:8000/plain/ask -d '["how"]'
#> "about how"

./client $ADMIN_PORT
#> 2
