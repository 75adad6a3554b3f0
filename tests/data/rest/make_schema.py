#!/usr/bin/env python3
"""Writes serve_details_schema.json: what Ray Serve (2.60.0) answers to GET /api/serve/applications/, as a JSON schema.

Run with an interpreter that has ray[serve]==2.60.0 (`tools/setup ray-serve` makes one):

    ~/.cache/manta/ray-serve/bin/python tests/data/rest/make_schema.py
    ~/.cache/manta/ray-serve/bin/python tests/data/rest/make_schema.py --check FILE

It is the schema of the model that Ray Serve's own clients read the answer with. --check reads an answer with the model itself, whose
validators (a router's class must exist, an import path have one colon) no schema has.
"""
import json
import pathlib
import sys

import ray
from pydantic.json_schema import GenerateJsonSchema
from ray.serve.schema import ServeInstanceDetails

SCHEMA = pathlib.Path(__file__).parent / "serve_details_schema.json"
WORDS = ("description", "title", "default", "examples")


class Generate(GenerateJsonSchema):
    """Python objects, which JSON cannot hold anyway, are nothing."""

    def callable_schema(self, schema):
        return {"not": {}}

    is_instance_schema = callable_schema


def bare(schema):
    """Without texts, which say nothing about what is valid."""
    if isinstance(schema, list):
        return [bare(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: {name: bare(part) for name, part in value.items()} if key in ("properties", "$defs") else bare(value)
            for key, value in schema.items() if key not in WORDS}


def main(arguments):
    assert ray.__version__ == "2.60.0", ray.__version__
    if arguments[:1] == ["--check"]:
        ServeInstanceDetails.model_validate_json(pathlib.Path(arguments[1]).read_text())
        return
    schema = bare(ServeInstanceDetails.model_json_schema(schema_generator=Generate))
    SCHEMA.write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
