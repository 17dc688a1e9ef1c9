#!/usr/bin/env bash
# mcp 2.3.0 and fastmcp 4.2.3 (Python servers): a tool that returns a list of text.
#
# One would guess: both show the model the same text for the same function, and an empty list is shown as `[]`, so that
# "there are none" differs from "it returned nothing".
#
# What happens instead: three names become three blocks of text with mcp, and one block with a JSON array with fastmcp. An
# empty list becomes no content at all with both, the same content as that of a tool that returns None. Only the structured
# content still tells them apart, which a client that shows text to its model does not read.
#
# Passes while this is so; fails when it changes. Needs Python 3.10 or newer and PyPI.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0 fastmcp==4.2.3
cat > finding.py <<'PYTHON'
import asyncio
import sys

import fastmcp
import mcp
from mcp.server.mcpserver import MCPServer


def names(count: int) -> list[str]:
    return ["Desk", "Sofa", "Hall"][:count]


def nothing() -> None:
    return None


async def answers(server, client_class):
    """Returns the content for three names, for none, and for None."""
    for function in (names, nothing):
        server.tool()(function)
    async with client_class(server) as client:
        calls = [("names", {"count": 3}), ("names", {"count": 0}), ("nothing", {})]
        results = [await client.call_tool(name, arguments) for name, arguments in calls]
        return [([block.text for block in result.content], result.structured_content) for result in results]


async def main():
    official = await answers(MCPServer("finding"), mcp.Client)
    fast = await answers(fastmcp.FastMCP("finding"), fastmcp.Client)
    for label, seen in (("mcp", official), ("fastmcp", fast)):
        for call, (content, structured) in zip(("three names", "no names", "None"), seen):
            print(f"{label}, {call}: content {content}, structured {structured}")
    contents = [[content for content, _ in seen] for seen in (official, fast)]
    as_described = contents == [[["Desk", "Sofa", "Hall"], [], []], [['["Desk","Sofa","Hall"]'], [], []]]
    sys.exit(not as_described)


asyncio.run(main())
PYTHON
venv/bin/python finding.py 2>&1 && echo "as described" || { echo "this has changed"; exit 1; }
