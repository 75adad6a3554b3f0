"""The published schemas that manifests are checked against: Kubernetes' own, custom resources of KubeRay, and the types of those of the
operator of Prometheus, read from its Go code."""
import os
import pathlib
import re

import jsonschema
import kubernetes_validate
import yaml

SCHEMAS = pathlib.Path(os.environ.get("MANTA_CACHE", pathlib.Path.home() / ".cache" / "manta")) / "kubernetes"
KUBERNETES = "1.31"
OBJECT = {"apiVersion", "kind", "metadata"}


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def strict(schema):
    """The schema of a custom resource with fields that it does not know refused, as the server does when asked to be strict."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: {name: strict(part) for name, part in value.items()} if key == "properties" else strict(value) for key, value in schema.items()}
    if "properties" in made and "additionalProperties" not in made and not made.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    return made


def custom_resource(kind):
    definition = yaml.safe_load((SCHEMAS / f"ray.io_{kind.lower()}s.yaml").read_text())
    [version] = [version for version in definition["spec"]["versions"] if version["name"] == "v1"]
    schema = strict(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    return schema


def go_structs():
    """{type: {field of the document: Go type}} of the operator's types; what a struct embeds is its own."""
    text = "\n".join(path.read_text() for path in sorted((SCHEMAS / "monitoring").glob("*.go")))
    structs, embedded = {}, {}
    for name, body in re.findall(r"^type (\w+) struct \{\n(.*?)^\}", text, re.S | re.M):
        structs[name] = {field: kind for kind, field in re.findall(r'^\t\w+\s+([^\s`]+)\s+`json:"(\w+)[^"]*"', body, re.M)}
        embedded[name] = re.findall(r'^\t(\w+)(?:\s+`json:",inline"`)?$', body, re.M)
    for name, parts in embedded.items():
        for part in parts:
            structs[name].update(structs.get(part, {}))
    return structs


def check_against_go(value, kind, structs, where):
    kind = kind.removeprefix("*")
    if kind.startswith("[]"):
        assert isinstance(value, list), f"{where}: expected a list"
        for i, part in enumerate(value):
            check_against_go(part, kind[2:], structs, f"{where}[{i}]")
    elif kind in structs:
        assert isinstance(value, dict), f"{where}: expected a mapping"
        unknown = value.keys() - structs[kind].keys()
        assert not unknown, f"{where}: {kind} has no {sorted(unknown)}"
        for name, part in value.items():
            check_against_go(part, structs[kind][name], structs, f"{where}.{name}")
    elif kind in ("string", "Duration", "LabelName"):
        assert isinstance(value, str), f"{where}: expected text"


def validate(document):
    """Raises when the server would refuse the document, or would drop a part of it."""
    group = document["apiVersion"]
    if group == "ray.io/v1":
        jsonschema.Draft202012Validator(custom_resource(document["kind"])).validate(document)
    elif group == "monitoring.coreos.com/v1":
        structs = go_structs()
        assert document.keys() == OBJECT | {"spec"} and document["kind"] in structs
        check_against_go(document["spec"], f"{document['kind']}Spec", structs, "spec")
    else:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
