# [query]
curl -s localhost:8000/query -d '{"query": "how?", "top_k": 2}'
#> {"answer":"small.gguf read 2 sources about how?","sources":["docs/1.md","docs/2.md"]}
# [/query]

# [function]
curl -s localhost:8000/summary -d '{"text": "One. Two."}'
#> {"text":"One."}
# [/function]

# [mistake]
curl -s localhost:8000/query -d '{"qery": "how?"}'
#> ...unknown key 'qery'...'query'...
# [/mistake]
