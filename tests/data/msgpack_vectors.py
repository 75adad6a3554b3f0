#!/usr/bin/env python3
"""Writes msgpack_vectors.json beside this file: values as JSON text with their bytes from Python's `msgpack` package."""
import json
import pathlib

import msgpack

VALUES = [
    None, True, False,
    *[0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1],
    *[-1, -32, -33, -128, -129, -32768, -32769, -2**31, -2**31 - 1, -2**63],
    *[0.0, -0.0, 0.5, 1.0, -1.5, 3.141592653589793, 1e300, 5e-324],
    *["", "a", "ü€😀", "a\"\\\n\u0001", "x" * 31, "x" * 32, "x" * 255, "x" * 256],
    [], [1, "a", None, [True, [0.5]]], list(range(15)), list(range(16)),
    {}, {"a": 1, "b": {"c": [1, 2, {"d": None}]}},
    {f"k{i}": i for i in range(15)}, {f"k{i}": i for i in range(16)},
    {"query": "How does Manta choose a replica?", "top_k": 3, "scores": [0.25, -1.0], "stream": False},
]
SIZES = [0, 15, 16, 31, 32, 255, 256, 65535, 65536]


def header(kind, size):
    """The bytes before the content of a string, bin, array or map of this size."""
    packer = msgpack.Packer()
    return {"str": lambda: msgpack.packb("x" * size)[:-size or None],
            "bin": lambda: msgpack.packb(b"x" * size)[:-size or None],
            "array": lambda: packer.pack_array_header(size),
            "map": lambda: packer.pack_map_header(size)}[kind]()


def main():
    values = [{"json": json.dumps(v, ensure_ascii=False, separators=(",", ":")), "hex": msgpack.packb(v).hex()}
              for v in VALUES]
    headers = [{"kind": kind, "size": size, "hex": header(kind, size).hex()}
               for kind in ("str", "bin", "array", "map") for size in SIZES]
    lines = ["{\"values\": [", ",\n".join(json.dumps(v, ensure_ascii=False) for v in values), "],",
             "\"headers\": [", ",\n".join(json.dumps(h) for h in headers), "]}"]
    pathlib.Path(__file__).with_suffix(".json").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
