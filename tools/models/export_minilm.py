#!/usr/bin/env python3
"""Builds ONNX models from the all-MiniLM-L6-v2 weights, without torch.

    export_minilm.py WEIGHTS OUT

WEIGHTS holds model.safetensors, config.json, tokenizer.json and vocab.txt. OUT receives two model folders:

  minilm-l6/      input_ids, attention_mask, token_type_ids [batch, tokens] -> last_hidden_state [batch, tokens, 384].
                  The sentence embedding is the mean over the tokens with mask 1, divided by its L2 norm.
  minilm-rerank/  the same inputs, a text pair with token types 0 and 1 -> logits [batch, 1]. The signature of a
                  cross-encoder; the score is a bi-encoder's (no trained cross-encoder is packaged anywhere).

Each model is run once and compared with known cosines before anything is reported as done.
"""
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MASKED = np.float32(-1e9)  # added to an attention score: softmax makes it 0

RERANK_README = """\
minilm-rerank is a bi-encoder behind a cross-encoder's signature: the two texts of a pair do not attend to each other,
and the logit is the cosine of their mean-pooled MiniLM embeddings (-1 .. 1), the second text with the positions and the
token type it has in a pair. Its cost per pair is that of a MiniLM-L6 cross-encoder; it orders somewhat worse than the
embedding model, which never saw pairs. Replace it with any ONNX cross-encoder that takes
input_ids, attention_mask, token_type_ids and returns logits [batch, 1].
"""


class Graph:
    """A growing list of ONNX nodes. Values are referred to by name; constants are stored once per name."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.constants = {}

    def op(self, kind, *inputs, out=None, **attributes):
        out = out or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [out], name=f"node_{len(self.nodes)}", **attributes))
        return out

    def constant(self, name, value):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def ints(self, *values):
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def weight(self, key):
        return self.constant(key, self.weights[key])

    def linear(self, x, layer):
        matrix = self.constant(layer + ".weight.T", self.weights[layer + ".weight"].T)
        return self.op("Add", self.op("MatMul", x, matrix), self.weight(layer + ".bias"))

    def layer_norm(self, x, layer, epsilon):
        return self.op("LayerNormalization", x, self.weight(layer + ".weight"), self.weight(layer + ".bias"),
                       axis=-1, epsilon=epsilon)


def embed_tokens(graph, config):
    """Word + token type + position embedding of every input token."""
    # The position rows are sliced: looking them up with Range and Gather, the usual form, is broken by the EXTENDED
    # optimisation level of ONNX Runtime 1.31.1 ("Starts must be a 1-D array").
    length = graph.op("Shape", "input_ids", start=1, end=2)
    positions = graph.op("Slice", graph.weight("embeddings.position_embeddings.weight"),
                         graph.ints(0), length, graph.ints(0))
    words = graph.op("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids", axis=0)
    types = graph.op("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids", axis=0)
    total = graph.op("Add", graph.op("Add", words, types), positions)
    return graph.layer_norm(total, "embeddings.LayerNorm", config["layer_norm_eps"])


def attention_bias(graph, mask, own_segment_only):
    """[batch, 1, 1 or tokens, tokens]: MASKED where a token must not be attended to, else 0."""
    absent = graph.op("Sub", graph.constant("one", np.float32(1)), graph.op("Unsqueeze", mask, graph.ints(1, 2)))
    bias = graph.op("Mul", absent, graph.constant("masked", MASKED))
    if not own_segment_only:
        return bias
    segment = graph.op("Cast", "token_type_ids", to=TensorProto.FLOAT)
    rows = graph.op("Unsqueeze", segment, graph.ints(1, 3))
    columns = graph.op("Unsqueeze", segment, graph.ints(1, 2))
    differs = graph.op("Abs", graph.op("Sub", rows, columns))
    return graph.op("Add", bias, graph.op("Mul", differs, graph.constant("masked", MASKED)))


def transformer_layer(graph, x, layer, bias, config):
    heads, width = config["num_attention_heads"], config["hidden_size"]
    head_width = width // heads

    def split_heads(part, order):
        flat = graph.linear(x, f"{layer}attention.self.{part}")
        return graph.op("Transpose", graph.op("Reshape", flat, graph.ints(0, 0, heads, head_width)), perm=order)

    query = split_heads("query", [0, 2, 1, 3])
    key = split_heads("key", [0, 2, 3, 1])  # already transposed for query x key
    value = split_heads("value", [0, 2, 1, 3])
    scale = graph.constant("scale", np.float32(head_width ** -0.5))
    scores = graph.op("Add", graph.op("Mul", graph.op("MatMul", query, key), scale), bias)
    mixed = graph.op("MatMul", graph.op("Softmax", scores, axis=-1), value)
    merged = graph.op("Reshape", graph.op("Transpose", mixed, perm=[0, 2, 1, 3]), graph.ints(0, 0, width))

    epsilon = config["layer_norm_eps"]
    x = graph.op("Add", graph.linear(merged, layer + "attention.output.dense"), x)
    x = graph.layer_norm(x, layer + "attention.output.LayerNorm", epsilon)
    hidden = graph.op("Gelu", graph.linear(x, layer + "intermediate.dense"))
    x = graph.op("Add", graph.linear(hidden, layer + "output.dense"), x)
    return graph.layer_norm(x, layer + "output.LayerNorm", epsilon)


def encoder(graph, config, own_segment_only=False):
    """Hidden state of every token, and the attention mask as floats."""
    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    bias = attention_bias(graph, mask, own_segment_only)
    x = embed_tokens(graph, config)
    for i in range(config["num_hidden_layers"]):
        x = transformer_layer(graph, x, f"encoder.layer.{i}.", bias, config)
    return x, mask


def embedding_model(weights, config):
    graph = Graph(weights)
    hidden, _ = encoder(graph, config)
    graph.op("Identity", hidden, out="last_hidden_state")
    return finish(graph, "minilm-l6", "last_hidden_state", ["batch", "tokens", config["hidden_size"]])


def rerank_model(weights, config):
    """Cosine of the mean hidden states of the two segments, which do not see each other."""
    graph = Graph(weights)
    hidden, mask = encoder(graph, config, own_segment_only=True)
    in_second = graph.op("Mul", mask, graph.op("Cast", "token_type_ids", to=TensorProto.FLOAT))
    in_first = graph.op("Sub", mask, in_second)

    def direction(members):  # the sum points the same way as the mean, and its length is divided away
        chosen = graph.op("Mul", hidden, graph.op("Unsqueeze", members, graph.ints(2)))
        return graph.op("LpNormalization", graph.op("ReduceSum", chosen, graph.ints(1), keepdims=0), axis=-1, p=2)

    product = graph.op("Mul", direction(in_first), direction(in_second))
    graph.op("ReduceSum", product, graph.ints(1), keepdims=1, out="logits")
    return finish(graph, "minilm-rerank", "logits", ["batch", 1])


def finish(graph, name, output, shape):
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "tokens"]) for n in INPUTS]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)]
    body = helper.make_graph(graph.nodes, name, inputs, outputs, list(graph.constants.values()))
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def word_ids(vocabulary, *texts):
    """[CLS] text [SEP] (text [SEP]) for texts of whole lower-case words: enough for the check below."""
    ids = [vocabulary["[CLS]"]]
    types = [0]
    for segment, text in enumerate(texts):
        piece = [vocabulary[word] for word in text.lower().split()] + [vocabulary["[SEP]"]]
        ids += piece
        types += [segment] * len(piece)
    return {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64),
            "token_type_ids": np.array([types])}


def check(embedding_path, rerank_path, vocabulary):
    """The first cosine was confirmed with an independent ONNX export of the same weights, the others with this one."""
    embed = onnxruntime.InferenceSession(embedding_path)
    rerank = onnxruntime.InferenceSession(rerank_path)

    def embedding(text):
        mean = embed.run(None, word_ids(vocabulary, text))[0][0].mean(axis=0)
        return mean / np.linalg.norm(mean)

    base = "That is a happy person"
    for other, expected in (("That is a happy dog", 0.6946), ("That is a very happy person", 0.9429),
                            ("Today is a sunny day", 0.2569)):
        cosine = float(embedding(base) @ embedding(other))
        if abs(cosine - expected) > 1e-3:
            sys.exit(f"the exported embedding model is wrong: cosine of '{base}' and '{other}' is {cosine:.4f}, "
                     f"expected {expected}")
    near, far = (float(rerank.run(None, word_ids(vocabulary, base, other))[0][0, 0])
                 for other in ("That is a very happy person", "Today is a sunny day"))
    if not 1.0 >= near > far + 0.2:
        sys.exit(f"the exported rerank model is wrong: the near pair scores {near:.3f}, the far one {far:.3f}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    weights = load_file(source / "model.safetensors")
    config = json.loads((source / "config.json").read_text())

    for name, build in (("minilm-l6", embedding_model), ("minilm-rerank", rerank_model)):
        folder = out / name
        folder.mkdir(parents=True)
        onnx.save(build(weights, config), folder / "model.onnx")
        for file in ("tokenizer.json", "config.json"):
            shutil.copyfile(source / file, folder / file)
        print(f"{name}: {(folder / 'model.onnx').stat().st_size / 1e6:.0f} MB", flush=True)
    (out / "minilm-rerank" / "README").write_text(RERANK_README)

    vocabulary = {token: i for i, token in enumerate((source / "vocab.txt").read_text().splitlines())}
    check(out / "minilm-l6" / "model.onnx", out / "minilm-rerank" / "model.onnx", vocabulary)
    print("both models give the expected scores")


if __name__ == "__main__":
    main()
