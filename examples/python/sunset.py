"""Sunset: fades the lights of a room over some minutes to a warm glow, and turns them off."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.tools import Hints, Tool, ToolOutput
from wit_world.imports import call, control, home, types
from wit_world.imports.content import ContentBlock_Text
from wit_world.imports.control import ApplyOptions, Change, Color_Kelvin, Power
from wit_world.imports.home import FindError_Ambiguous, FindError_NotFound, Kinds

MAX_MINUTES = 120
MAX_STEPS = 20
GLOW_PERCENT = 1.0
GLOW_KELVIN = 2000

ARGUMENTS = {
    "type": "object",
    "properties": {
        "room": {"type": "string", "minLength": 1, "maxLength": 100, "description": "Name of a room or zone; `all` for the whole home."},
        "minutes": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": MAX_MINUTES,
            "description": "How long the sunset takes. Fractions are fine.",
        },
    },
    "required": ["room", "minutes"],
    "additionalProperties": False,
}
NAMES = {"type": "array", "items": {"type": "string"}}
RESULT = {
    "type": "object",
    "properties": {
        "room": {"type": "string", "description": "Name of the room."},
        "steps": {"type": "integer", "minimum": 0, "description": "Number of steps the fade was made of."},
        "lights_off": NAMES | {"description": "Names of the lights that were faded and are off now."},
        "not_reached": NAMES | {"description": "Names of the lights that did not follow."},
    },
    "required": ["room", "steps", "lights_off", "not_reached"],
    "additionalProperties": False,
}


class Tools(exports.Tools):
    def list_tools(self) -> list[Tool]:
        return [
            Tool(
                name="sunset",
                title="Sunset",
                description="Fades the lights that are on in a room down to a warm glow and then off, over some "
                "minutes. Answers when the fade is over. If it is cancelled, the lights stay as they are then.",
                input_schema=json.dumps(ARGUMENTS),
                output_schema=json.dumps(RESULT),
                hints=Hints(read_only=False, destructive=False, idempotent=True, open_world=False),
                expected_ms=(MAX_MINUTES + 1) * 60_000,
                icons=[],
                meta=None,
            )
        ]

    def call_tool(self, name: str, arguments: str) -> ToolOutput:
        try:
            return sunset(**json.loads(arguments))
        except Err as failure:
            raise Err(tool_error(failure.value))


def sunset(room: str, minutes: float) -> ToolOutput:
    group = find_group(room)
    lights = [light for light in home.lights() if light.id in group.lights and light.state.on]
    if not lights:
        return answer(f"{group.name} is dark already.", group, 0, [])

    total_ms = int(minutes * 60_000)
    check_time(total_ms)
    steps = max(1, min(total_ms // 1000, MAX_STEPS))
    step_ms = total_ms // steps
    for step in range(1, steps + 1):
        left = 1 - step / steps
        fade(lights, left, step_ms)
        call.progress(step, steps, f"{group.name}: {left:.0%} of the light is left")
        if call.is_cancelled() or not call.sleep(step_ms):
            text = f"Stopped after step {step} of {steps}; the lights of {group.name} stay as they are."
            raise Err(types.ToolError_Timeout(text))

    off = change(power=Power.OFF)
    outcomes = control.apply([command(light, off) for light in lights], ApplyOptions(None, None))
    return answer(f"The sun has set in {group.name}.", group, steps, outcomes)


def find_group(name: str) -> home.Group:
    """Resolves a room or zone by name. The host compares names and offers near misses."""
    try:
        found = home.find(name, Kinds.ROOM | Kinds.ZONE | Kinds.HOME, None)
    except Err as failure:
        match failure.value:
            case FindError_NotFound(candidates):
                no_match = types.NoMatch(f'There is no room or zone "{name}".', candidates)
                raise Err(types.ToolError_NotFound(no_match))
            case FindError_Ambiguous(candidates):
                no_match = types.NoMatch(f'"{name}" may mean several things.', candidates)
                raise Err(types.ToolError_Ambiguous(no_match))
        raise
    return next(group for group in home.groups() if group.id == found.id)


def check_time(total_ms: int) -> None:
    """Checks the time limit: the operator may allow less than the tool declares."""
    allowed = call.time_left_ms() // 60_000
    if total_ms > call.time_left_ms():
        reason = f"must be below {allowed}, unless the operator sets a larger wall_seconds for this plugin"
        raise Err(types.ToolError_InvalidArguments([types.FieldError("minutes", reason)]))


def fade(lights: list[home.Light], left: float, step_ms: int) -> None:
    """Fades each light to a share of its original brightness, within one step."""
    commands = []
    for light in lights:
        level = max(GLOW_PERCENT, (light.state.brightness or 100) * left)
        dimmed = change(brightness=control.Brightness_Percent(level), color=Color_Kelvin(GLOW_KELVIN), ms=step_ms)
        commands.append(command(light, dimmed))
    control.apply(commands, ApplyOptions(confirm_within_ms=0, meta=None))


def change(power=None, brightness=None, color=None, ms=None) -> Change:
    return Change(power, brightness, color, transition_ms=ms, effect=None, effect_speed=None, gradient=[], more=[])


def command(light: home.Light, wanted: Change) -> control.Command:
    return control.Command_Set(control.Set(control.Target_Light(light.id), wanted))


def answer(text: str, group: home.Group, steps: int, outcomes: list[control.Outcome]) -> ToolOutput:
    followed = (control.Delivery_Confirmed, control.Delivery_Accepted, control.Delivery_Unchanged)
    off = [outcome.name for outcome in outcomes if isinstance(outcome.delivery, followed)]
    lost = [outcome.name for outcome in outcomes if not isinstance(outcome.delivery, followed)]
    if lost:
        text += f" Not reached: {', '.join(lost)}."
    result = {"room": group.name, "steps": steps, "lights_off": off, "not_reached": lost}
    return ToolOutput([ContentBlock_Text(text)], json.dumps(result), is_error=bool(lost) and not off, meta=None)


def tool_error(error) -> types.ToolError:
    """Converts the error of a host function into this tool's error."""
    match error:
        case types.Error_Unavailable(unavailable) | home.FindError_Unavailable(unavailable):
            return types.ToolError_Unavailable(unavailable)
        case types.Error_Denied(text) | home.FindError_Denied(text):
            return types.ToolError_Denied(text)
        case types.Error_Timeout(text):
            return types.ToolError_Timeout(text)
    return error if type(error).__name__.startswith("ToolError") else types.ToolError_Failed(str(error.value))
