# [ask]
curl -s localhost:8000/where/node -d '[]'
#> "..."
# [/ask]
# [nodes]
manta nodes
#> Resources
#> ...
#> Active:
#> ... node(s) with resources: {...}
#> Pending:
#> ... (no replica waits)
#> ...
#> NODE ... ADDRESS ... STATE ... REPLICAS
#> ... (head) ... ALIVE ... where/Where x2
# [/nodes]
