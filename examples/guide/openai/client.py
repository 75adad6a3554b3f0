from openai import OpenAI
client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")
print(client.embeddings.create(model="minilm-l6", input="a text").data[0].embedding)
