#!/usr/bin/env bash
# componentize-js 0.23.0: a record that a JavaScript guest hands over, with a field that is missing or of another type.
#
# One would guess: an error, as for a field of text that is missing.
#
# What happens instead: a missing integer arrives as 0, a missing float as NaN, a missing bool as false, and the text
# "false" for a bool as true. Nobody is told.
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
  record item { count: u32, share: f64, wanted: bool }
  take: func(value: item);
}
world finding {
  import host;
  export run: func();
}
WIT
cat > guest.js <<'JAVASCRIPT'
import { take } from 'finding:guest/host';

export function run() {
  take({});
  take({ count: 'many', share: 1, wanted: 'false' });
}
JAVASCRIPT
cat > host.py <<'PYTHON'
import math
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
linker = Linker(engine)
linker.add_wasip2()
taken = []
with linker.root() as root, root.add_instance("finding:guest/host") as host:
    host.add_func("take", lambda store, value: taken.append(value))
store = Store(engine)
store.set_wasi(WasiConfig())
component = Component.from_file(engine, "guest.wasm")
linker.instantiate(store, component).get_func(store, "run")(store)
empty, wrong = taken
for name, item in [("an empty object", empty), ("wrong types", wrong)]:
    print(f"{name}: count {item.count}, share {item.share}, wanted {item.wanted}")
as_described = (empty.count, empty.wanted, math.isnan(empty.share)) == (0, False, True)
sys.exit(not (as_described and (wrong.count, wrong.wanted) == (0, True)))
PYTHON
node build.mjs
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
