"""Hands each value to the host, and returns what the host returns."""

from wit_world import exports
from wit_world.imports import host


def passes(function):
    return lambda self, value: function(value)


FUNCTIONS = {name: passes(getattr(host, name)) for name in dir(host) if name.startswith("pass_")}
Guest = type("Guest", (exports.Guest,), FUNCTIONS)
