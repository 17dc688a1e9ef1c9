"""Does what ends a Python guest, or nearly: values of wrong types, and deep recursion through functions in C."""

import copy
import json
import re

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.tools import Hints, Tool, ToolOutput
from wit_world.imports import call, home, log, storage

# The nesting of data that functions in C walk through without asking Python's limit for recursion.
LEVELS = 3_000
ANY = home.Kinds.LIGHT


class Tools(exports.Tools):
    def list_tools(self) -> list[Tool]:
        hints = Hints(read_only=True, destructive=None, idempotent=None, open_world=None)
        schema = '{"type": "object"}'
        return [Tool(name, None, f"Does {name}.", schema, None, hints, None, [], None) for name in PITFALLS]

    def call_tool(self, name: str, arguments: str) -> ToolOutput:
        result = PITFALLS[name]()
        return result if name.startswith("return_") else output(json.dumps({"outcome": result}))


def output(structured) -> ToolOutput:
    return ToolOutput([], structured, is_error=False, meta=None)


def deep_list() -> list:
    nested = []
    for _ in range(LEVELS):
        nested = [nested]
    return nested


class Recursive:
    """Recurses through `repr`, which is a function in C."""

    def __repr__(self) -> str:
        return repr(self)


class Attributes:
    """Recurses through `getattr`, which is a function in C."""

    def __getattr__(self, name: str):
        return getattr(self, name + "x" if len(name) < 5 else "x")


def outcome(attempt) -> str:
    try:
        attempt()
        return "no error"
    except Exception as error:
        return type(error).__name__


PITFALLS = {
    "float_for_int": lambda: call.sleep(1.5),
    "str_for_int": lambda: call.sleep("5"),
    "none_for_int": lambda: call.sleep(None),
    "bytes_for_str": lambda: log.write(log.Level.INFO, b"hello", []),
    "none_for_str": lambda: home.find(None, ANY, None),
    "str_for_bytes": lambda: storage.set("key", "value"),
    "str_for_enum": lambda: log.write("info", "hello", []),
    "str_for_float": lambda: call.progress("1", 2, "x"),
    "str_for_flags": lambda: home.find("Desk lamp", "light", None),
    "too_large": lambda: call.sleep(2**70),
    "negative": lambda: call.sleep(-1),
    "return_dict": lambda: {"content": []},
    "return_str": lambda: "done",
    "return_none": lambda: None,
    "return_dict_for_json": lambda: output({"a": 1}),
    "return_tuple_for_list": lambda: ToolOutput((), None, is_error=False, meta=None),
    "json_loads": lambda: outcome(lambda: json.loads("[" * LEVELS)),
    "json_dumps": lambda: outcome(lambda: json.dumps(deep_list())),
    "repr_list": lambda: outcome(lambda: repr(deep_list())),
    "deepcopy": lambda: outcome(lambda: copy.deepcopy(deep_list())),
    "regex": lambda: outcome(lambda: re.compile("(" * LEVELS + ")" * LEVELS)),
    "repr_self": lambda: outcome(lambda: repr(Recursive())),
    "getattr_self": lambda: outcome(lambda: Attributes().x),
    "compare": lambda: outcome(lambda: deep_list() == deep_list()),
    "sorted_key": lambda: outcome(sort_recursively),
    "pure": lambda: outcome(recurse),
}


def sort_recursively():
    return sorted([1], key=lambda _: sort_recursively())


def recurse():
    return recurse()
