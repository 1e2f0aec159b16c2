"""Frozen dataclasses of plain values as JSON, and the JSON Schema of a dataclass, derived from its own types."""

import types
from dataclasses import fields, is_dataclass
from functools import cache
from math import isfinite
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["plain", "shape"]

_VALUES = frozenset({str, int, float, bool, type(None)})

_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


def plain(value: Any) -> Any:
    """A row as dicts, lists and scalars, nothing left out; numbers that JSON cannot hold become text."""
    kind = type(value)
    if kind is float and not isfinite(value):
        return str(value)
    if kind in _VALUES:
        return value
    if is_dataclass(kind):
        return {name: plain(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return str(value)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def shape(kind: Any, shapes: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a type.

    Args:
        kind: a dataclass, or what stands as the type of a dataclass's field.
        shapes: takes the schemas of the dataclasses met, by name, for ``$defs``.

    Raises:
        TypeError: values of that type have no JSON form of their own.
    """
    if kind in _SCALARS:
        return _SCALARS[kind]
    if is_dataclass(kind):
        name = kind.__name__ if isinstance(kind, type) else str(kind)
        if name not in shapes:
            shapes[name] = {}
            shapes[name] = _object(kind, shapes)
        return {"$ref": f"#/$defs/{name}"}
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(origin):
        return shape(origin, shapes)
    if isinstance(kind, TypeVar):
        return {}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [shape(part, shapes) for part in inner]}
    if origin is tuple and inner[-1:] == (...,):
        return {"type": "array", "items": shape(inner[0], shapes)}
    if origin is tuple:
        parts = [shape(part, shapes) for part in inner]
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
    if origin is dict:
        return {"type": "object", "additionalProperties": shape(inner[1], shapes)}
    if isinstance(kind, type) and issubclass(kind, str):
        return {"type": "string"}
    raise TypeError(f"no JSON Schema for {kind!r}")


def _object(kind: Any, shapes: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties = {field.name: shape(hints[field.name], shapes) for field in fields(kind)}
    found: dict[str, Any] = {"type": "object", "properties": properties, "required": sorted(properties)}
    summary = (kind.__doc__ or "").strip().partition("\n")[0]
    if summary and not summary.startswith(f"{kind.__name__}("):
        found["description"] = summary
    return found
