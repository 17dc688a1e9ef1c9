"""aiohue, the client in Home Assistant, against the simulator.

Run by `cargo xtask test --only hue-clients`, with the simulator's address.
"""

import asyncio
import sys

from aiohue import HueBridgeV2, create_app_key
from aiohue.discovery import is_v2_bridge
from aiohue.v2.controllers.events import EventType
from aiohue.v2.models.geofence_client import GeofenceClientPost, GeofenceClientPut
from witness import Events, Witness, check


def lists(bridge: HueBridgeV2, witness: Witness) -> None:
    groups = bridge.groups
    for rtype, controller in [
        ("light", bridge.lights),
        ("room", groups.room),
        ("zone", groups.zone),
        ("scene", bridge.scenes.scene),
        ("smart_scene", bridge.scenes.smart_scene),
        ("device", bridge.devices),
    ]:
        names = sorted(resource.metadata.name for resource in controller.items)
        check(f"it lists every {rtype}", names == witness.names(rtype) and names, names)
    motion = bridge.sensors.motion.items
    check("it knows the sensors", len(motion) == len(witness.all("motion")) == 1, motion)


async def changes_a_light(bridge: HueBridgeV2, witness: Witness, events: Events) -> None:
    id = witness.named("light", "Bedside left")["id"]
    await bridge.lights.set_state(id, on=True, brightness=50, color_xy=(0.2, 0.3), transition_time=400)
    now = witness.one("light", id)
    check("the light is on, and as bright as its steps allow", (now["on"]["on"], now["dimming"]["brightness"]) == (True, 49.8), now)
    check("it has the colour", now["color"]["xy"] == {"x": 0.2, "y": 0.3}, now["color"])
    # aiohue believes only what the event stream tells.
    await events.wait("the event of the light arrives", lambda _: bridge.lights[id].brightness == 49.8)
    check("the client's own light is on", bridge.lights[id].is_on, bridge.lights[id])
    await bridge.lights.set_flash(id, short=True)
    check("a device shows itself", True)


async def changes_a_group(bridge: HueBridgeV2, witness: Witness, events: Events) -> None:
    room = witness.named("room", "Kitchen")
    id = bridge.groups.room[room["id"]].grouped_light
    await bridge.groups.grouped_light.set_state(id, on=True, brightness=40, color_temp=250)
    grouped = witness.grouped_light(room)
    check("the room is on", (grouped["on"]["on"], grouped["dimming"]["brightness"]) == (True, 39.92), grouped)
    own = bridge.groups.grouped_light
    await events.wait("the event of the group arrives", lambda _: own[id].dimming.brightness == 39.92)
    lights = [light.metadata.name for light in bridge.groups.room.get_lights(room["id"])]
    check("the client knows its lights", "Counter strip" in lights, lights)


async def recalls_a_scene(bridge: HueBridgeV2, witness: Witness, events: Events) -> None:
    id = witness.named("scene", "Movie")["id"]
    await bridge.scenes.recall(id, duration=400)
    status = witness.one("scene", id)["status"]
    check("the scene is active", status["active"] == "static", status)
    strip = witness.named("light", "TV strip")
    check("its lights show it", strip["dimming"]["brightness"] == 22.13, strip)
    await events.wait(
        "the event of the scene arrives",
        lambda _: bridge.scenes.scene[id].status.active.value == "static",
    )
    smart = witness.all("smart_scene")[0]["id"]
    await bridge.scenes.recall(smart)
    check("a smart scene starts", witness.one("smart_scene", smart)["state"] == "active")


async def keeps_the_stream_alive(bridge: HueBridgeV2, witness: Witness, events: Events) -> None:
    """Keeps the stream alive as aiohue does every minute, because a bridge sends nothing while nothing changes."""
    clients = bridge.sensors.geofence_client
    await clients.create(GeofenceClientPost(name="aiohue_", is_at_home=False))
    named = lambda name: [client for client in clients.items if client.name == name]
    await events.wait("a geofence client is made", lambda _: named("aiohue_"))
    await clients.update(named("aiohue_")[0].id, GeofenceClientPut(name="aiohue_xyz", is_at_home=False))
    await events.wait("its new name comes back as an event", lambda _: named("aiohue_xyz"))
    check("and is in the document", "aiohue_xyz" in [client["name"] for client in witness.all("geofence_client")])


async def main(address: str) -> None:
    check("it sees a bridge with version 2 of the API", await is_v2_bridge(address))
    key = await create_app_key(address, "lamplighter#tests")
    check("it pairs", len(key) == 40, key)
    witness, events = Witness(address, key), Events()
    bridge = HueBridgeV2(address, key)
    bridge.events.subscribe(lambda kind, _: events.add(kind), EventType.CONNECTED)
    async with bridge:
        await events.wait("the event stream opens", lambda event: event == EventType.CONNECTED)
        # Told when the client has taken an event over into its own copy.
        bridge.subscribe(lambda kind, resource: events.add((kind, resource)))
        lists(bridge, witness)
        await changes_a_light(bridge, witness, events)
        await changes_a_group(bridge, witness, events)
        await recalls_a_scene(bridge, witness, events)
        await keeps_the_stream_alive(bridge, witness, events)


if __name__ == "__main__":
    print("aiohue")
    asyncio.run(main(sys.argv[1]))
