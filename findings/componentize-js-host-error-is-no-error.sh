#!/usr/bin/env bash
# componentize-js 0.23.0: the error that a function of the host returns.
#
# One would guess: a `result<_, error>` that is an error is thrown as a value, or as an Error whose text tells it.
# `error instanceof Error` holds, or else the thrown thing is the value itself, as it is for the errors of exports.
#
# What happens instead: a ComponentError is thrown for which `instanceof Error` is false, although its text begins with
# "Error:". For an error that is a variant the text is "Error: [object Object] (see error.payload)"; the value is in
# `error.payload`. Code that checks `instanceof Error` before it logs drops it, and a log of the text says nothing.
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
interface host {
  variant failure { not-found(list<string>), busy }
  find: func() -> result<string, failure>;
}
world finding {
  import host;
  export run: func() -> string;
}
WIT
cat > guest.js <<'JAVASCRIPT'
import { find } from 'finding:guest/host';

export function run() {
  try {
    return JSON.stringify({ found: find() });
  } catch (error) {
    const { payload } = error;
    const isError = error instanceof Error;
    return JSON.stringify({ isError, name: error.constructor.name, text: String(error), payload });
  }
}
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
with linker.root() as root, root.add_instance("finding:guest/host") as host:
    # A list can only be the payload of `err(not-found(…))`; this API takes the payload alone then.
    host.add_func("find", lambda store: ["Desk lamp"])

seen = json.loads(linker.instantiate(store, component).get_func(store, "run")(store))
for name, value in seen.items():
    print(f"{name}: {value}")
says_nothing = "Desk lamp" not in seen["text"] and "not-found" not in seen["text"]
carried = seen["payload"] == {"tag": "not-found", "val": ["Desk lamp"]}
sys.exit(not (seen["isError"] is False and says_nothing and carried))
PYTHON
node build.mjs
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
