"""What the Python clients share: their arguments, the plugins that are served to them, and how the server is started."""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def parse_arguments(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--mode", required=True)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--plugins", type=Path, required=True)
    parser.add_argument("--guests", type=Path, required=True)
    return parser.parse_args()


@contextmanager
def plugins_folder(args: argparse.Namespace, *guests: str) -> Iterator[Path]:
    """Makes a folder with the first-party plugins and these guests, each under its own name with `-` for `_`."""
    with tempfile.TemporaryDirectory(prefix="lamplighter-client-") as folder:
        plugins = Path(folder) / "plugins"
        shutil.copytree(args.plugins, plugins)
        for guest in guests:
            shutil.copyfile(args.guests / f"{guest}.wasm", plugins / f"{guest.replace('_', '-')}.wasm")
        yield plugins


def environment(plugins: Path) -> dict[str, str]:
    """Returns the variables of the server: nothing of the user's own configuration is read."""
    return {"HOME": str(plugins.parent), "XDG_CONFIG_HOME": str(plugins.parent)}


def serve_arguments(plugins: Path) -> list[str]:
    """Returns the server's arguments: `--demo` simulates the home inside the server."""
    return ["serve", "--demo", "--plugins", str(plugins)]
