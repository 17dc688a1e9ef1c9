#!/usr/bin/env bash
# ziglang 0.17.1 (`zig cc`): a C function for WebAssembly, compiled without an optimisation.
#
# One would guess: a function that reads a number and adds another imports nothing, whether it is optimised or not. It opens
# nothing and prints nothing, and other compilers give it no imports at -O0.
#
# What happens instead: without an `-O` option, or at -O0, `zig cc` adds its sanitizer for undefined behaviour, with a printer
# for what it finds. So the module imports 29 functions of WASI for files, clocks and random numbers, and an embedder without
# WASI refuses it. With -fno-sanitize=undefined it imports nothing, and so it does at -O1 and -Os, which take it off.
#
# Passes while this is so; fails when it changes. Needs Python 3.10 or newer and PyPI (100 MB), and takes a minute or two.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ziglang==0.17.1 wasmtime==50.0.1
export ZIG_GLOBAL_CACHE_DIR="$dir/cache" ZIG_LOCAL_CACHE_DIR="$dir/cache"
cat > sum.c <<'C'
#include <stdlib.h>

__attribute__((export_name("sum"))) int sum(const char *number, int other) { return atoi(number) + other; }
C
for options in "-O0" "-O0 -fno-sanitize=undefined"; do
  # shellcheck disable=SC2086
  venv/bin/python -m ziglang cc --target=wasm32-wasi -mexec-model=reactor $options sum.c -o "sum $options.wasm"
done
cat > imports.py <<'PYTHON'
import sys
from pathlib import Path

from wasmtime import Engine, Module

seen = {}
for file in sorted(Path(".").glob("sum *.wasm")):
    imports = [f"{item.module}.{item.name}" for item in Module.from_file(Engine(), str(file)).imports]
    seen[file.stem.removeprefix("sum ")] = len(imports)
    print(f"{file.stem}: {len(imports)} imports {imports[:3]}")
sys.exit(seen != {"-O0": 29, "-O0 -fno-sanitize=undefined": 0})
PYTHON
venv/bin/python imports.py && echo "as described" || { echo "this has changed"; exit 1; }
