#!/usr/bin/env bash
# componentize-js 0.23.0: a typed array that is no Uint8Array, where the host's function takes a `list<u8>`.
#
# One would guess: its numbers are converted one by one, as `Uint8Array.from` does, or the call throws.
#
# What happens instead: its memory is handed over. An Int16Array of 1, 2, 3 arrives as six bytes 1 0 2 0 3 0, a Float64Array
# of one number as eight bytes. A Uint8Array arrives as it is.
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
  take: func(value: list<u8>);
}
world finding {
  import host;
  export run: func();
}
WIT
cat > guest.js <<'JAVASCRIPT'
import { take } from 'finding:guest/host';

export function run() {
  take(Uint8Array.of(1, 2, 3));
  take(Int16Array.of(1, 2, 3));
  take(Float64Array.of(1));
}
JAVASCRIPT
cat > host.py <<'PYTHON'
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
linker = Linker(engine)
linker.add_wasip2()
taken = []
with linker.root() as root, root.add_instance("finding:guest/host") as host:
    host.add_func("take", lambda store, value: taken.append(list(value)))
store = Store(engine)
store.set_wasi(WasiConfig())
component = Component.from_file(engine, "guest.wasm")
linker.instantiate(store, component).get_func(store, "run")(store)
for name, value in zip(["Uint8Array of 1, 2, 3", "Int16Array of 1, 2, 3", "Float64Array of 1"], taken):
    print(f"{name}: {value}")
sys.exit(taken != [[1, 2, 3], [1, 0, 2, 0, 3, 0], [0, 0, 0, 0, 0, 0, 240, 63]])
PYTHON
node build.mjs
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
