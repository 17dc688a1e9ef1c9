"""Tries to leave its sandbox and reports what it could reach, which should be nothing. Tells of its language too."""

import encodings.idna  # for names of hosts; nothing can be imported later
import json
import os
import socket
import sys

from language import language
from wit_world import exports
from wit_world.exports.tools import Hints, Tool, ToolOutput

HERE = "127.0.0.1"


class Tools(exports.Tools):
    def list_tools(self) -> list[Tool]:
        hints = Hints(read_only=True, destructive=None, idempotent=None, open_world=None)
        tools = {"whoami": "Tells what this plugin can reach.", "language": "Tells what the language does here."}
        return [Tool(name, None, text, '{"type": "object"}', None, hints, None, [], None) for name, text in tools.items()]

    def call_tool(self, name: str, arguments: str) -> ToolOutput:
        if name == "language":
            return ToolOutput([], json.dumps(language()), is_error=False, meta=None)
        print("whoami on stdout")
        print("whoami on stderr", file=sys.stderr)
        return ToolOutput([], json.dumps(whoami()), is_error=False, meta=None)


def whoami() -> dict:
    return {
        "environment": list(os.environ),
        "arguments": sys.argv,
        "files": {
            "list_root": outcome(lambda: os.listdir("/")),
            "list_here": outcome(lambda: os.listdir(".")),
            "read_passwd": outcome(lambda: open("/etc/passwd").read()),
            "write_here": outcome(lambda: open("whoami.txt", "w").write("me")),
            "write_tmp": outcome(lambda: open("/tmp/whoami.txt", "w").write("me")),
        },
        "sockets": {
            "connect": outcome(lambda: socket.create_connection((HERE, 443), timeout=1)),
            "connect_by_name": outcome(lambda: socket.getaddrinfo("localhost", 443)),
            "listen": outcome(lambda: socket.socket().bind((HERE, 0))),
            "datagram": outcome(lambda: socket.socket(type=socket.SOCK_DGRAM).bind((HERE, 0))),
        },
        "stdin_bytes": stdin_bytes(),
    }


def stdin_bytes() -> int:
    try:
        return len(sys.stdin.buffer.read(1024))
    except OSError:
        return 0


def outcome(attempt) -> str:
    """Returns `reached`, or the reason why not."""
    try:
        attempt()
        return "reached"
    except Exception as error:
        return f"refused: {error!r}"
