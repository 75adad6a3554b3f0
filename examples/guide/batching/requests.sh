curl -s localhost:8000/embed -d '["hello"]'
#> [5...]

curl -s localhost:8000/countdown/count -d '[3]'
#> 3
#> 2
#> 1
