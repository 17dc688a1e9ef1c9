#!/usr/bin/env bash
# componentize-js 0.23.0: a number of 2^31 or more that a JavaScript guest passes to its host, or returns, as a `u32`.
#
# One would guess: 3000000000 arrives as 3000000000. It is a valid u32, and JavaScript holds it exactly.
#
# What happens instead: it arrives as 3221225472, another valid u32, and nobody is told. 2147483648 arrives as 0, 4294967295
# as 4292870144. It is the same for an `option<u32>`, for a record's field and for what an export returns. The same number in
# a `list<u32>` arrives as it is, and so do numbers that the host passes to the guest, and numbers below 2^31.
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
  record item { size: u32 }
  take: func(value: u32);
  take-option: func(value: option<u32>);
  take-record: func(value: item);
  take-list: func(value: list<u32>);
}
world finding {
  import host;
  export run: func(value: u32) -> u32;
}
WIT
cat > guest.js <<'JAVASCRIPT'
import { take, takeOption, takeRecord, takeList } from 'finding:guest/host';

const NUMBERS = { 1: 2147483647, 2: 2147483648, 3: 3000000000, 4: 4294967295 };

export function run(which) {
  const value = NUMBERS[which];
  take(value);
  takeOption(value);
  takeRecord({ size: value });
  takeList([value]);
  return value;
}
JAVASCRIPT
cat > host.py <<'PYTHON'
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

NUMBERS = {1: 2147483647, 2: 2147483648, 3: 3000000000, 4: 4294967295}
engine = Engine()
linker = Linker(engine)
linker.add_wasip2()
taken = []
with linker.root() as root, root.add_instance("finding:guest/host") as host:
    host.add_func("take", lambda store, value: taken.append(value))
    host.add_func("take-option", lambda store, value: taken.append(value))
    host.add_func("take-record", lambda store, value: taken.append(value.size))
    host.add_func("take-list", lambda store, value: taken.append(value[0]))
store = Store(engine)
store.set_wasi(WasiConfig())
component = Component.from_file(engine, "guest.wasm")

seen = {}
for which, number in NUMBERS.items():
    taken.clear()
    returned = linker.instantiate(store, component).get_func(store, "run")(store, which)
    seen[number] = [*taken, returned]
    plain, option, field, listed = taken
    print(f"{number}: parameter {plain}, option {option}, field {field}, list {listed}, returned {returned}")
wrong = {2147483647: 2147483647, 2147483648: 0, 3000000000: 3221225472, 4294967295: 4292870144}
sys.exit(seen != {number: [other, other, other, number, other] for number, other in wrong.items()})
PYTHON
node build.mjs
venv/bin/python host.py && echo "as described" || { echo "this has changed"; exit 1; }
