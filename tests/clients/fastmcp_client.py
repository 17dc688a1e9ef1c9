"""The FastMCP client against the real binary, with plugins whose schemas have cost clients every tool.

Run by `cargo xtask test --only python`, once per mode: `auto` probes for the modern era, `legacy` opens with `initialize`.
"""

import argparse
import asyncio
import subprocess
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from shared import environment, parse_arguments, plugins_folder, serve_arguments

# What the guests' tools answer as structured content in the handshake era.
ANSWERS = {
    "shed_names": {"result": [{"name": "Desk"}]},
    "shed_count": {"result": 3},
    "odd_list": {"result": ["Desk", "Shelf"]},
    "odd_count": {"result": 2},
}


async def converse(args: argparse.Namespace, plugins: Path) -> None:
    variables = environment(plugins)
    # Compiles the plugins, so that the first list of tools has them all.
    compile_all = [args.binary, "plugin", "list", "--plugins", plugins]
    subprocess.run(compile_all, env=variables, check=True, stdout=subprocess.DEVNULL)
    transport = StdioTransport(command=str(args.binary), args=serve_arguments(plugins), env=variables)
    async with Client(transport, mode=args.mode) as client:
        listed = {tool.name for tool in await client.list_tools()}
        for name in ["hue_list_lights", "shed_dim", "odd_alternatives", "odd_name", *ANSWERS]:
            assert name in listed, f"{name} is not in {sorted(listed)}"
        print(f"  all {len(listed)} tools are listed", flush=True)
        for name, expected in ANSWERS.items():
            seen = (await client.call_tool(name, {})).structured_content
            # A modern client gets a guest's own schema as it is.
            allowed = [expected, expected["result"]] if name.startswith("odd_") else [expected]
            assert seen in allowed, f"{name} answered {seen!r}"
        lights = await client.call_tool("hue_list_lights", {})
        assert lights.structured_content["success"], lights
        dimmed = await client.call_tool("shed_dim", {"light": "Desk", "percent": 5})
        assert dimmed.content[0].text == "light Desk 5", dimmed
        print(f"  {len(ANSWERS) + 2} tools answer", flush=True)


def main() -> None:
    args = parse_arguments(__doc__)
    print(f"FastMCP client, mode {args.mode}")
    with plugins_folder(args, "shed", "odd_schemas") as plugins:
        asyncio.run(converse(args, plugins))


if __name__ == "__main__":
    main()
