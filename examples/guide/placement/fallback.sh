# [place]
manta place fallback.yaml --nodes '2xcpu=1,market=spot;cpu=4,market=reserved'
#> NODE    CPU FREE  GPU FREE  MEMORY FREE  HOLDS
#> node-1  0 of 1    0 of 0    -            chat#Llm
#> node-2  0 of 1    0 of 0    -            chat#Llm
#> node-3  3 of 4    0 of 0    -            chat#Llm by fallback_strategy[0]...
#> DEPLOYMENT  REPLICAS  PLACED  PENDING
#> chat#Llm    3         3       0
# [/place]
