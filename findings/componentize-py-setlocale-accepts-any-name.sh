#!/usr/bin/env bash
# componentize-py 0.25.1 (CPython 3.14 with wasi-libc): `locale.setlocale`.
#
# One would guess: a component has no locales, so `setlocale(LC_ALL, "de_DE.UTF-8")` raises locale.Error, as Python does
# wherever a locale is missing, and a program falls back.
#
# What happens instead: it succeeds and returns the name, and `getlocale()` tells it from then on. So does a name that no
# system has, "xx_NONSENSE". Nothing else changes: the decimal point, `format_string` and the names of days stay those of
# the C locale. A test of the return value proves nothing.
#
# Passes while this is so; fails when it changes. Needs Python 3.10 or newer and PyPI; takes a minute or two.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check componentize-py==0.25.1 wasmtime==50.0.1
cat > finding.wit <<'WIT'
package finding:guest;
world finding { export run: func() -> string; }
WIT
cat > app.py <<'PYTHON'
import json
import locale
from datetime import date

import wit_world


def with_locale(name: str) -> list[str]:
    try:
        accepted = locale.setlocale(locale.LC_ALL, name)
    except locale.Error as error:
        accepted = repr(error)
    return [accepted, locale.format_string("%.1f", 1234.5, grouping=True), date(2026, 11, 29).strftime("%A")]


class WitWorld(wit_world.WitWorld):
    def run(self) -> str:
        return json.dumps([with_locale(name) for name in ("de_DE.UTF-8", "xx_NONSENSE")])
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
for accepted, number, day in seen:
    print(f"setlocale: {accepted}; 1234.5 is {number}; the day is {day}")
sys.exit(seen != [["de_DE.UTF-8", "1234.5", "Sunday"], ["xx_NONSENSE", "1234.5", "Sunday"]])
PYTHON
venv/bin/componentize-py -d finding.wit -w finding componentize app -o guest.wasm
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
