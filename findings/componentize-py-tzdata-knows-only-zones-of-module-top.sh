#!/usr/bin/env bash
# componentize-py 0.25.1 (CPython 3.14): time zones, with the package `tzdata` in the component.
#
# One would guess: with `tzdata` from PyPI beside the module, `ZoneInfo("Europe/Berlin")` works as on a machine without zones
# of its own, as the page of zoneinfo says.
#
# What happens instead: a zone that was looked up at module top works in each call, from the cache of zoneinfo. Any other is
# ZoneInfoNotFoundError ("No time zone found with key Europe/Berlin"), because the files of the package are read when they
# are asked for, and then there is no file system. A plugin that takes the zone as an argument works with the one that its
# author tried, and fails with the user's.
#
# Passes while this is so; fails when it changes. Needs Python 3.10 or newer and PyPI; takes a minute or two.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check componentize-py==0.25.1 wasmtime==50.0.1
venv/bin/pip install --quiet --disable-pip-version-check --target packages tzdata==2025.2
cat > finding.wit <<'WIT'
package finding:guest;
world finding { export run: func() -> string; }
WIT
cat > app.py <<'PYTHON'
import json
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import wit_world

TRIED = ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def local_time(zone: str) -> str:
    try:
        return NOON.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    except Exception as error:
        return repr(error)


class WitWorld(wit_world.WitWorld):
    def run(self) -> str:
        return json.dumps({zone: local_time(zone) for zone in ("Asia/Tokyo", "Europe/Berlin")})
PYTHON
cat > host.py <<'PYTHON'
import json
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
component = Component.from_file(engine, "guest.wasm")
linker = Linker(engine)
linker.add_wasip2()


def call():
    """Calls the guest in a new instance."""
    store = Store(engine)
    store.set_wasi(WasiConfig())
    return json.loads(linker.instantiate(store, component).get_func(store, "run")(store))
seen = call()
for zone, time in seen.items():
    print(f"12:00 UTC in {zone}: {time}")
sys.exit(not (seen["Asia/Tokyo"] == "21:00" and seen["Europe/Berlin"].startswith("ZoneInfoNotFoundError")))
PYTHON
venv/bin/componentize-py -d finding.wit -w finding componentize -p . -p packages app -o guest.wasm
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
