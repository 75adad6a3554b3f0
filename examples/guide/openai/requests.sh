curl -s localhost:8000/v1/models
curl -N localhost:8000/v1/chat/completions -d '{"model": "smollm2-135m", "stream": true, "messages": [{"role": "user", "content": "Say hello"}]}'
curl -s localhost:8000/v1/rerank -d '{"query": "Which animal purrs?", "documents": ["Dogs bark.", "Cats purr."]}'
