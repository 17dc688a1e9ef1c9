"""hueify, a typed client of CLIP v2 over HTTP/2, against the simulator.

Run by `cargo xtask test --only hue-clients`, with the simulator's address.
"""

import asyncio
import sys

import anyio
import httpx
from hueify import Hueify
from hueify.onboarding import register_app_key
from witness import WAIT_TIMEOUT_SECONDS, Events, Witness, check


def redirect(port: int) -> None:
    """Leads connections to port 443, the only one that hueify knows and that is not ours to open, to the simulator."""
    connect_tcp = anyio.connect_tcp

    async def connect(remote_host: str, remote_port: int, **options: object) -> object:
        return await connect_tcp(remote_host, port if remote_port == 443 else remote_port, **options)

    anyio.connect_tcp = connect


async def lists(hue: Hueify, witness: Witness) -> None:
    for rtype, namespace in [("light", hue.lights), ("room", hue.rooms), ("zone", hue.zones), ("scene", hue.scenes)]:
        response = await namespace.list()
        names = sorted(resource.metadata.name for resource in response.data)
        check(f"it lists every {rtype}", names == witness.names(rtype) and names, names)


async def changes_a_light(hue: Hueify, witness: Witness, events: Events) -> None:
    light = await hue.lights.find_by_name("Bedside left")
    answer = await hue.lights.set_hex(light.id, "#ff0000", brightness=50)
    check("a command to a light succeeds", not answer.errors, answer)
    now = witness.one("light", light.id)
    check("the light is on, and as bright as its steps allow", (now["on"]["on"], now["dimming"]["brightness"]) == (True, 49.8), now)
    check("its colour is red, within its gamut", now["color"]["xy"]["x"] > 0.6, now["color"])
    own = await hue.lights.get_one(light.id)
    check("the client reads the same", own.on.on and own.dimming.brightness == 49.8, own)
    await events.wait(
        "the event of the light arrives",
        lambda event: event.id == light.id and event.dimming is not None and event.dimming.brightness == 49.8,
    )


async def changes_a_group(hue: Hueify, witness: Witness, events: Events) -> None:
    room = await hue.rooms.find_by_name("Kitchen")
    await hue.rooms.turn_on(room.id, brightness=40, kelvin=4000)
    grouped = witness.grouped_light(witness.named("room", "Kitchen"))
    check("the room is on", (grouped["on"]["on"], grouped["dimming"]["brightness"]) == (True, 39.92), grouped)
    lights = await hue.rooms.lights(room.id)
    strip = witness.named("light", "Counter strip")
    check("the client knows its lights", strip["id"] in [str(light.id) for light in lights], lights)
    check("they show the white", strip["color_temperature"]["mirek"] == 250, strip)
    own = await hue.rooms.grouped_light(room.id)
    await events.wait("the event of the group arrives", lambda event: event.id == own.id)


async def recalls_a_scene(hue: Hueify, witness: Witness, events: Events) -> None:
    scene = await hue.scenes.find_by_name("Movie")
    await hue.scenes.activate(scene.id, transition=0.4)
    status = witness.one("scene", scene.id)["status"]
    check("the scene is active", status["active"] == "static", status)
    strip = witness.named("light", "TV strip")
    check("its lights show it", strip["dimming"]["brightness"] == 22.13, strip)
    await events.wait(
        "the event of the scene arrives",
        lambda event: event.id == scene.id and event.status is not None and event.status.active == "static",
    )


async def reads_soft_errors(hue: Hueify) -> None:
    light = await hue.lights.find_by_name("Window lamp")
    answer = await hue.lights.turn_on(light.id)
    check("a light out of reach is told as a soft error", "communication issues" in answer.errors[0].description, answer)


async def main(address: str) -> None:
    host, port = address.rsplit(":", 1)
    redirect(int(port))
    app = await register_app_key(host)
    check("it pairs", len(app.app_key) == 40 and len(app.client_key) == 32, app)
    witness, events, versions = Witness(address, app.app_key), Events(), set()

    async def note_version(response: httpx.Response) -> None:
        versions.add(response.http_version)

    async def note_event(event: object) -> None:
        events.add(event)

    async with Hueify(bridge_ip=host, app_key=app.app_key) as hue:
        hue._http_client._client.event_hooks["response"].append(note_version)
        hue.on("*", note_event)
        await hue.start_stream(timeout=WAIT_TIMEOUT_SECONDS)
        await lists(hue, witness)
        await changes_a_light(hue, witness, events)
        await changes_a_group(hue, witness, events)
        await recalls_a_scene(hue, witness, events)
        await reads_soft_errors(hue)
    check("all of it over HTTP/2", versions == {"HTTP/2"}, versions)


if __name__ == "__main__":
    print("hueify")
    asyncio.run(main(sys.argv[1]))
