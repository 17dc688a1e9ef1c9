#!/usr/bin/env bash
# componentize-js 0.23.0: what is there of languages and time zones.
#
# One would guess: an engine without time zones throws a RangeError for `{ timeZone: 'Asia/Tokyo' }`, as engines do for a
# zone that they do not know, and `localeCompare` sorts as people do.
#
# What happens instead: `Intl` is missing, and what takes a language or a zone ignores it without an error.
# `toLocaleTimeString('de-DE', { timeZone: 'Asia/Tokyo' })` is the time in UTC, also for a zone that does not exist;
# `toLocaleString('de-DE')` of 1234.5 is "1234.5"; `localeCompare` compares code units, so "Zebra" comes before "apple", and
# "ä" after "z". `normalize` is not a function.
#
# Passes while this is so; fails when it changes. Needs Node.js 20 or newer with npm, and Python 3.10 or newer with PyPI;
# takes some minutes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @bytecodealliance/componentize-js@0.23.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check wasmtime==50.0.1
cat > build.mjs <<'JAVASCRIPT'
import { writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

const options = { sourcePath: 'guest.js', witPath: 'finding.wit', worldName: 'finding', disableFeatures: ['http', 'fetch-event'] };
const { component } = await componentize(options);
await writeFile('guest.wasm', component);
JAVASCRIPT
cat > finding.wit <<'WIT'
package finding:guest;
world finding { export run: func() -> string; }
WIT
cat > guest.js <<'JAVASCRIPT'
const NOON = new Date(Date.UTC(2026, 0, 1, 12));

export const run = () =>
  JSON.stringify({
    Intl: typeof Intl,
    normalize: typeof ''.normalize,
    tokyo: NOON.toLocaleTimeString('de-DE', { timeZone: 'Asia/Tokyo' }),
    nowhere: NOON.toLocaleTimeString('de-DE', { timeZone: 'Nowhere/At_All' }),
    number: (1234.5).toLocaleString('de-DE'),
    sorted: ['ä', 'z', 'apple', 'Zebra'].sort((a, b) => a.localeCompare(b)),
  });
JAVASCRIPT
cat > host.py <<'PYTHON'
import json
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
linker = Linker(engine)
linker.add_wasip2()
store = Store(engine)
store.set_wasi(WasiConfig())
component = Component.from_file(engine, "guest.wasm")
seen = json.loads(linker.instantiate(store, component).get_func(store, "run")(store))
for name, value in seen.items():
    print(f"{name}: {value}")
described = {
    "Intl": "undefined",
    "normalize": "undefined",
    "tokyo": "12:00:00",
    "nowhere": "12:00:00",
    "number": "1234.5",
    "sorted": ["Zebra", "apple", "z", "ä"],
}
sys.exit(seen != described)
PYTHON
node build.mjs
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
