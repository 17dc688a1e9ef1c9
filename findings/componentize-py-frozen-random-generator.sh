#!/usr/bin/env bash
# componentize-py 0.25.1 (CPython 3.14): random numbers of a generator that is made at module top.
#
# One would guess: two instances of a component behave alike. Either both repeat the numbers, because the module's top was
# run when the component was built, or neither does. `random.seed(42)` at module top makes `random.random()` repeatable.
#
# What happens instead: both, side by side. `random.Random()` made at module top gives the same numbers in each instance, for
# ever: it was seeded when the component was built. `random.random()` gives others in each instance, for that generator
# alone is seeded anew, and so the `random.seed(42)` is lost.
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
import random

import wit_world

OWN = random.Random()
random.seed(42)


class WitWorld(wit_world.WitWorld):
    def run(self) -> str:
        return json.dumps({"own": OWN.random(), "module": random.random()})
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
first, second = call(), call()
print(f"random.Random() of module top: {first['own']}, then {second['own']}")
print(f"random.random() after random.seed(42): {first['module']}, then {second['module']}")
sys.exit(not (first["own"] == second["own"] and first["module"] != second["module"]))
PYTHON
venv/bin/componentize-py -d finding.wit -w finding componentize app -o guest.wasm
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
