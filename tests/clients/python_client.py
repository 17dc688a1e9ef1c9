"""The official Python client of MCP against the real binary.

Run by `cargo xtask test --only python`, once per mode: `auto` probes for the modern era as a client does, `legacy` opens
with `initialize`, and a protocol version speaks the modern era without probing.
"""

import argparse
import asyncio
import os
import shutil
import sys
import traceback
from pathlib import Path

from mcp import Client, StdioServerParameters, types

from shared import environment, parse_arguments, plugins_folder, serve_arguments

WAIT_TIMEOUT_SECONDS = 60


class DoesNotHold(Exception):
    """Is raised when a claim does not hold, after what was seen instead is printed."""


def check(claim: str, holds: bool, seen: object = None) -> None:
    """Ends the run if a claim does not hold, with what was seen instead."""
    if not holds:
        print(f"  DOES NOT HOLD: {claim}; seen: {seen!r}", flush=True)
        raise DoesNotHold(claim)
    print(f"  {claim}", flush=True)


class Changes:
    """Counts the notifications that the tool list changed, in either era."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def on_message(self, message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self.event.set()

    async def follow(self, subscription: object) -> None:
        async for _ in subscription:
            self.event.set()

    async def wait(self) -> None:
        await self.event.wait()
        self.event.clear()


def put(source: Path, target: Path) -> None:
    """Adds or replaces a file atomically, as an installer does."""
    aside = target.with_suffix(".tmp")
    shutil.copyfile(source, aside)
    os.replace(aside, target)


async def names(client: Client) -> list[str]:
    return [tool.name for tool in (await client.list_tools()).tools]


async def has_tool(client: Client, changes: Changes, tool: str, wanted: bool) -> None:
    """Waits until the list is as wanted; one notification may stand for several changes."""

    async def until() -> None:
        while (tool in await names(client)) != wanted:
            await changes.wait()

    await asyncio.wait_for(until(), WAIT_TIMEOUT_SECONDS)


async def lists_and_calls(client: Client) -> None:
    listed = await names(client)
    first_party = [name for name in listed if name.startswith("hue_")]
    check("the first-party tools are listed", "hue_list_lights" in first_party, listed)
    check("the list is in order", listed == sorted(listed), listed)
    lights = await client.call_tool("hue_list_lights", {})
    check("a tool answers", not lights.is_error, lights)
    check("its answer is structured", isinstance(lights.structured_content, dict), lights)


async def no_schema_costs_a_tool(client: Client) -> None:
    listed = await names(client)
    for name in ["shed_names", "shed_count", "shed_dim", "odd_list", "odd_count", "odd_alternatives"]:
        check(f"{name} is listed", name in listed, listed)
    for name, value in {"shed_names": [{"name": "Desk"}], "shed_count": 3, "odd_list": ["Desk", "Shelf"]}.items():
        answer = await client.call_tool(name, {})
        # A modern client gets a guest's own schema as it is.
        seen = answer.structured_content
        check(f"{name} answers", seen == {"result": value} or (name.startswith("odd_") and seen == value), answer)


async def bad_arguments_can_be_acted_on(client: Client) -> None:
    result = await client.call_tool("hue_control_light", {"light": "1", "action": "explode"})
    text = " ".join(block.text for block in result.content if block.type == "text")
    check("bad arguments are the tool's error, not the protocol's", result.is_error, result)
    check("the error names the field", "action" in text, text)


async def progress_is_passed_on(client: Client) -> None:
    seen: list[float] = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        seen.append(done)

    result = await client.call_tool("sleep", {"ms": 300}, progress_callback=on_progress)
    check("a slow tool answers", not result.is_error, result)
    check("its progress arrives, and grows", bool(seen) and seen == sorted(seen), seen)


async def list_changes_arrive(client: Client, changes: Changes, plugins: Path, guests: Path) -> None:
    swap = plugins / "swap.wasm"
    put(guests / "swap_v1.wasm", swap)
    await has_tool(client, changes, "swap_version", True)
    answer = await client.call_tool("swap_version", {})
    check("a plugin that was dropped in answers", (answer.structured_content or {}).get("version") == 1, answer)

    put(guests / "swap_v2.wasm", swap)
    await has_tool(client, changes, "swap_extra", True)
    answer = await client.call_tool("swap_version", {})
    check("its replacement answers in its place", (answer.structured_content or {}).get("version") == 2, answer)

    swap.unlink()
    await has_tool(client, changes, "swap_version", False)
    check("its tools go with it", "swap_extra" not in await names(client))


async def converse(args: argparse.Namespace, plugins: Path) -> None:
    changes = Changes()
    server = StdioServerParameters(command=str(args.binary), args=serve_arguments(plugins), env=environment(plugins))
    # Without the client's own cache, so that each question reaches the server.
    async with Client(server, mode=args.mode, message_handler=changes.on_message, cache=None) as client:
        modern = args.mode != "legacy"
        check("the era is the one asked for", (client.protocol_version >= "2026-07-28") == modern, client.protocol_version)
        if not modern:
            await everything(client, changes, plugins, args.guests)
            return
        async with client.listen(tools_list_changed=True) as subscription:
            follower = asyncio.create_task(changes.follow(subscription))
            await everything(client, changes, plugins, args.guests)
            follower.cancel()


async def everything(client: Client, changes: Changes, plugins: Path, guests: Path) -> None:
    # A slow machine may still be compiling plugins.
    for tool in ["hue_control_light", "sleep", "shed_names", "odd_list"]:
        await has_tool(client, changes, tool, True)
    await lists_and_calls(client)
    await no_schema_costs_a_tool(client)
    await bad_arguments_can_be_acted_on(client)
    await progress_is_passed_on(client)
    await list_changes_arrive(client, changes, plugins, guests)


def main() -> None:
    args = parse_arguments(__doc__)
    print(f"Python client, mode {args.mode}")
    with plugins_folder(args, "sleeper", "shed", "odd_schemas") as plugins:
        try:
            asyncio.run(converse(args, plugins))
        except BaseException as error:
            # Task groups wrap what happened in groups of groups; a claim has been printed already.
            if "DoesNotHold" not in "".join(traceback.format_exception(error)):
                raise
            sys.exit(1)


if __name__ == "__main__":
    main()
