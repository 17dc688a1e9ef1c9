"""The plugin {{name}}."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.tools import Hints, Tool, ToolOutput
from wit_world.imports import call, control, home, types
from wit_world.imports.content import ContentBlock_Text
from wit_world.imports.control import ApplyOptions, Change, Command_Set, Power, Set, Target_Light

BLINK = Tool(
    name="{{snake}}_blink",
    title=None,
    description="Turns a light off and on again, or on and off, to see which it is.",
    input_schema=json.dumps(
        {
            "type": "object",
            "properties": {
                "light": {"type": "string", "minLength": 1, "maxLength": 100, "description": "Name of the light."}
            },
            "required": ["light"],
            "additionalProperties": False,
        }
    ),
    output_schema=None,
    hints=Hints(read_only=False, destructive=False, idempotent=False, open_world=False),
    expected_ms=None,
    icons=[],
    meta=None,
)


class Tools(exports.Tools):
    def list_tools(self) -> list[Tool]:
        return [BLINK]

    def call_tool(self, name: str, arguments: str) -> ToolOutput:
        return ToolOutput([ContentBlock_Text(blink(**json.loads(arguments)))], None, is_error=False, meta=None)


def blink(light: str) -> str:
    try:
        found = home.find(light, home.Kinds.LIGHT, None)
        for _ in range(2):
            control.apply([toggle(found.id)], ApplyOptions(None, None))
            call.sleep(500)
        return f"{found.name} blinked."
    except Err as failure:
        raise Err(tool_error(light, failure.value))


def toggle(light: str) -> Command_Set:
    return Command_Set(Set(Target_Light(light), Change(Power.TOGGLE, None, None, None, None, None, [], [])))


def tool_error(light: str, error) -> types.ToolError:
    """Converts the host's error, so that a model can act on it."""
    match error:
        case home.FindError_NotFound(candidates):
            return types.ToolError_NotFound(types.NoMatch(f'There is no light "{light}".', candidates))
        case home.FindError_Ambiguous(candidates):
            return types.ToolError_Ambiguous(types.NoMatch(f'"{light}" may mean several lights.', candidates))
        case types.Error_Unavailable(unavailable) | home.FindError_Unavailable(unavailable):
            return types.ToolError_Unavailable(unavailable)
    return types.ToolError_Failed(str(error.value))
