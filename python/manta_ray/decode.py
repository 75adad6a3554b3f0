"""JSON values into dataclasses, strictly: an unknown key, a missing one or a wrong type names its path."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

from manta_ray.errors import invalid

T = TypeVar("T")


def decode(kind: type[T], value: Any, path: str) -> T:
    """`value` as the dataclass `kind`. Raises BridgeError(InvalidArgument) with the path of what is wrong."""
    if not isinstance(value, dict):
        raise invalid(path, f"an object is expected, not {_name(value)}")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(typing.cast(Any, kind))}
    for key in value:
        if key not in fields:
            raise invalid(f"{path}.{key}", f"there is no such key, but: {', '.join(fields)}")
    arguments = {}
    for name, field in fields.items():
        if name in value:
            arguments[name] = _convert(hints[name], value[name], f"{path}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise invalid(f"{path}.{name}", "is missing")
    return kind(**arguments)


def _convert(hint: Any, value: Any, path: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:  # T | None
        return None if value is None else _convert(inner[0], value, path)
    if origin is list:
        if not isinstance(value, list):
            raise invalid(path, f"an array is expected, not {_name(value)}")
        return [_convert(inner[0], item, f"{path}[{index}]") for index, item in enumerate(value)]
    if origin is dict:
        if not isinstance(value, dict):
            raise invalid(path, f"an object is expected, not {_name(value)}")
        return {key: _convert(inner[1], item, f"{path}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast(type, hint), value, path)
    return _convert_plain(hint, value, path)


def _convert_plain(hint: Any, value: Any, path: str) -> Any:
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise invalid(path, f"{hint.__name__} is expected, not {_name(value)}")
    return value


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__
