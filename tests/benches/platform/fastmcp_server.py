"""Serves the tools and the results in a file with FastMCP, on stdin and stdout."""

import json
import sys

from fastmcp import FastMCP
from fastmcp.tools import Tool, ToolResult
from mcp_types import TextContent


class Replayed(Tool):
    """A tool that answers from memory."""

    result: dict

    async def run(self, arguments: dict) -> ToolResult:
        """Return the result, whatever the arguments."""
        content = [TextContent(type="text", text=block["text"]) for block in self.result["content"]]
        return ToolResult(content=content, structured_content=self.result["structuredContent"])


def main() -> None:
    """Serve until stdin ends."""
    with open(sys.argv[1], encoding="utf-8") as file:
        replay = json.load(file)
    server = FastMCP("replay")
    for tool in replay["tools"]:
        server.add_tool(
            Replayed(
                name=tool["name"],
                description=tool["description"],
                parameters=tool["inputSchema"],
                output_schema=tool.get("outputSchema"),
                result=replay["results"].get(tool["name"], {}),
            )
        )
    server.run(show_banner=False)


main()
