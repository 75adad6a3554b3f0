curl -s localhost:8000/embed -d '["hello"]'
#> 5

curl -s localhost:8000/shared/summarize -d '["hello"]'
#> "hello"
