#!/usr/bin/env bash
# aiohue 4.9.0: a light of a bridge that is newer than the library, with one word that the library does not know.
#
# One would guess: an unknown word is kept or becomes "unknown", as it is with an unknown `archetype`, and the rest of the
# light is read.
#
# What happens instead: it depends on the field. An unknown `archetype` is kept. With an unknown `gamut_type` the light loses
# its colour: `light.color` is None although the bridge tells its xy, and only a log line says so. With an unknown `mode`
# the light is not read at all (ValueError), and neither is the bridge that has it.
#
# Passes while this is so; fails when it changes. Needs Python 3.11 or newer and PyPI.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aiohue==4.9.0
cat > finding.py <<'PYTHON'
import sys

from aiohue.util import dataclass_from_dict
from aiohue.v2.models.light import Light

LIGHT = {
    "id": "11111111-1111-4111-8111-111111111111",
    "type": "light",
    "owner": {"rid": "22222222-2222-4222-8222-222222222222", "rtype": "device"},
    "metadata": {"name": "Desk", "archetype": "sultan_bulb"},
    "mode": "normal",
    "on": {"on": True},
    "color": {"xy": {"x": 0.4, "y": 0.41}, "gamut_type": "C"},
}


def read(label, **other):
    try:
        light = dataclass_from_dict(Light, LIGHT | other)
        seen = f"{light.metadata.archetype}, colour {'kept' if light.color else 'lost'}"
    except ValueError as error:
        seen = f"ValueError: {error}"
    print(f"{label}: {seen}")
    return seen


known = read("known words")
archetype = read("unknown archetype", metadata={"name": "Desk", "archetype": "hover_bulb"})
gamut = read("unknown gamut_type", color={"xy": {"x": 0.4, "y": 0.41}, "gamut_type": "D"})
mode = read("unknown mode", mode="party")
as_described = (
    known == "sultan_bulb, colour kept"
    and archetype == "hover_bulb, colour kept"
    and gamut == "sultan_bulb, colour lost"
    and mode.startswith("ValueError")
)
sys.exit(not as_described)
PYTHON
venv/bin/python finding.py 2>/dev/null && echo "as described" || { echo "this has changed"; exit 1; }
