# [place]
manta place place.yaml --nodes nodes.yaml
#> NODE    CPU FREE  GPU FREE  MEMORY FREE           HOLDS
#> node-1  ... rag#Embed (0.25 of GPU 0) x2...
#> DEPLOYMENT  REPLICAS  PLACED  PENDING
#> rag#Embed   4         4       0
#> rag#Front   1         1       0
#> rag#Llm     1         1       0
#> rag#Moe     8         8       0
# [/place]
