#!/usr/bin/env bash
# mcp 2.3.0 (Python): one tool whose output schema is an array, on a server that speaks the protocol with a handshake.
#
# One would guess: the client drops the tool that it does not understand, or at least calls another tool, which has no
# output schema at all, by its name.
#
# What happens instead: `list_tools()` raises a ValidationError for the whole list, so no tool of that server is known. A
# `call_tool()` of the other tool fails with the same error, because the client asks for the list too. The later protocol
# allows such a schema, so a server that is right for the one era hides all its tools from the clients of the other.
#
# Passes while this is so; fails when it changes. Needs Python 3.10 or newer and PyPI.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0
cat > server.py <<'PYTHON'
import json
import sys

ANY = {"type": "object"}
TOOLS = [
    {"name": "plain", "inputSchema": ANY},
    {"name": "list", "inputSchema": ANY, "outputSchema": {"type": "array", "items": {"type": "string"}}},
]
for line in sys.stdin:
    message = json.loads(line)
    version = message.get("params", {}).get("protocolVersion")
    known = {
        "initialize": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "0"}},
        "tools/list": {"tools": TOOLS},
        "tools/call": {"content": [{"type": "text", "text": "hello"}]},
    }
    if "id" in message:
        answer = {"result": known[message["method"]]} if message["method"] in known else {"error": {"code": -32601, "message": "?"}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
PYTHON
cat > client.py <<'PYTHON'
import asyncio
import sys

from mcp import Client, StdioServerParameters


async def attempt(label, action):
    try:
        result = await action
        print(f"{label}: {result}")
        return None
    except Exception as error:
        print(f"{label}: {type(error).__name__}: {' '.join(str(error).split())[:100]}")
        return f"{type(error).__name__} {error}"


async def main():
    async with Client(StdioServerParameters(command=sys.executable, args=["server.py"]), mode="legacy") as client:
        listed = await attempt("list_tools()", client.list_tools())
        called = await attempt('call_tool("plain")', client.call_tool("plain", {}))
    as_described = all(seen and "ValidationError" in seen and "tools.1.outputSchema" in seen for seen in (listed, called))
    sys.exit(not as_described)


asyncio.run(main())
PYTHON
venv/bin/python client.py && echo "as described" || { echo "this has changed"; exit 1; }
