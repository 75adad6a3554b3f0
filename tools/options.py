"""Tables of options, made from the structs that hold them: their names, types, defaults and comments."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = [*sorted((ROOT / "include/manta").glob("*config.h")), ROOT / "src/spec/instance_config.h"]
STRUCT = r"^struct {name} {{\n(.*?)^}};"
DESCRIBED = r"BOOST_DESCRIBE_STRUCT\({name},\s*\(\),\s*\((.*?)\)\)"
FIELD = re.compile(r"(?P<type>[\w:]+(?:<.*>)?)\s+(?P<name>\w+)(?:\s*=\s*(?P<value>.+?)|\{(?P<braced>.*)\})?;$", re.S)
TYPES = {"int": "integer", "double": "number", "bool": "boolean", "std::string": "text", "Json": "mapping"}
# Options that the file spells in another type than the struct.
SPELLED = {"user_config": "any", "num_replicas": "integer or `auto`", "args": "mapping", "body": "any", "policy": "text or mapping"}
# Options whose key in the file is another one.
RENAMED = {("ApplicationConfig", "env_vars"): "runtime_env"}
INTERNAL = "not in the file:"
UNITS = ((r"(?<!per)_s$", "seconds"), (r"bytes|^memory$", "bytes"), (r"percent(?!age)|^target_capacity$", "percent"))


class Wrong(Exception):
    """A struct that cannot be shown."""


def type_of(name, cpp_type):
    if name in SPELLED:
        return SPELLED[name]
    optional = re.fullmatch(r"std::optional<(.*)>", cpp_type, re.S)
    inner = optional.group(1) if optional else cpp_type
    if inner == "double":
        return next((unit for pattern, unit in UNITS if re.search(pattern, name)), "number")
    if inner.startswith("std::vector"):
        return "list"
    return TYPES.get(inner, "mapping")


def default_of(field):
    value = field["value"] if field["value"] is not None else field["braced"]
    if value == "{}" or (value == "" and field["type"].startswith(("std::optional", "std::vector", "std::map"))):
        value = None if "Json" not in field["type"] else value
    if value is None:
        return "empty" if field["type"] == "std::string" else "`0`" if field["type"] in ("int", "double") else "none"
    value = value.strip().strip('"')
    shifted = re.fullmatch(r"(\d+) << (\d+)", value)
    if shifted:
        value = str(int(shifted.group(1)) << int(shifted.group(2)))
    return f"`{value}`" if value else "empty"


def fields_of(name, body):
    """The members with their comments: behind the member, going on in the lines below, or before it."""
    fields, before, code = [], [], ""
    for line in body.splitlines():
        text, _, comment = (part.strip() for part in line.partition("//"))
        if "operator" in text:
            continue
        if not text and comment and fields and not before and not code and line.startswith("    "):
            fields[-1]["comment"] += " " + comment
            continue
        if not text:
            before.append(comment) if comment else before.clear()
            continue
        code = f"{code} {text}".strip()
        if comment:
            before.append(comment)
        if not code.endswith(";"):
            continue
        field = FIELD.match(code)
        if not field:
            raise Wrong(f"tools/options.py cannot read `{code}` in {name}")
        fields.append({**field.groupdict(), "comment": " ".join(before)})
        before, code = [], ""
    return fields


def struct(name):
    """The fields of a struct that is described for configuration, in their order."""
    for header in HEADERS:
        text = header.read_text(encoding="utf-8")
        found = re.search(STRUCT.format(name=name), text, re.S | re.M)
        if not found:
            continue
        fields = fields_of(name, found.group(1))
        described = re.search(DESCRIBED.format(name=name), text, re.S)
        names = re.findall(r"\w+", described.group(1)) if described else []
        members = [field["name"] for field in fields]
        if names != members:
            differ = sorted(set(names) ^ set(members)) or "their order"
            raise Wrong(f"{header.name}: the description of {name} and its members differ in {differ}")
        return fields
    raise Wrong(f"no struct {name} in the headers that tools/options.py reads")


def marked(comment):
    """Names of options in a comment as code."""
    parts = comment.split("`")  # every second one is code already
    parts[::2] = [re.sub(r"(?<![\w-])([a-z]\w*_\w+(?:\(\))?)(?![\w-])", r"`\1`", part) for part in parts[::2]]
    return "`".join(parts).replace("|", "\\|")


def table(name):
    """Rows of Markdown; raises Wrong for an option without a comment."""
    rows = ["| key | type | default | effect |", "|---|---|---|---|"]
    for field in struct(name):
        if field["comment"].startswith(INTERNAL):
            continue
        if not field["comment"]:
            raise Wrong(f"{name}::{field['name']} has no comment, so the reference cannot tell what it does")
        key = RENAMED.get((name, field["name"]), field["name"])
        rows.append(f"| `{key}` | {type_of(field['name'], field['type'])} | {default_of(field)} | {marked(field['comment'])} |")
    return "\n".join(rows) + "\n"
