curl -s localhost:8000/translate -H 'serve_multiplexed_model_id: de' -d '["hello"]'
#> "models/de.onnx: hello"
