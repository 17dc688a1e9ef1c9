"""Shared by the scripts for independent clients of a Hue bridge: checked claims, and a witness that reads the simulator."""

import asyncio
import json
import ssl
import sys
import urllib.request
from collections.abc import Callable

# Far longer than anything here takes; reached only when a claim does not hold.
WAIT_TIMEOUT_SECONDS = 30


def check(claim: str, holds: object, seen: object = None) -> None:
    """Ends the run if a claim does not hold, with what was seen instead."""
    if not holds:
        print(f"  DOES NOT HOLD: {claim}; seen: {seen!r}", flush=True)
        sys.exit(1)
    print(f"  {claim}", flush=True)


class Witness:
    """Reads the simulator's document with nothing but the standard library, so that no client confirms itself."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.key = key
        # The certificate has no name that anybody could check; what the client does about that is its own matter.
        self.tls = ssl._create_unverified_context()

    def all(self, rtype: str) -> list[dict]:
        request = urllib.request.Request(
            f"https://{self.address}/clip/v2/resource/{rtype}", headers={"hue-application-key": self.key}
        )
        with urllib.request.urlopen(request, context=self.tls, timeout=WAIT_TIMEOUT_SECONDS) as answer:
            return json.load(answer)["data"]

    def one(self, rtype: str, id: object) -> dict:
        return next(resource for resource in self.all(rtype) if resource["id"] == str(id))

    def named(self, rtype: str, name: str) -> dict:
        return next(resource for resource in self.all(rtype) if resource["metadata"]["name"] == name)

    def names(self, rtype: str) -> list[str]:
        return sorted(resource["metadata"]["name"] for resource in self.all(rtype))

    def grouped_light(self, group: dict) -> dict:
        service = next(service for service in group["services"] if service["rtype"] == "grouped_light")
        return self.one("grouped_light", service["rid"])


class Events:
    """The events that a client passed on, to wait for one of them."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.arrived = asyncio.Event()

    def add(self, event: object) -> None:
        self.seen.append(event)
        self.arrived.set()

    async def wait(self, claim: str, wanted: Callable[[object], bool]) -> None:
        async def until() -> None:
            while not any(wanted(event) for event in self.seen):
                self.arrived.clear()
                await self.arrived.wait()

        try:
            await asyncio.wait_for(until(), WAIT_TIMEOUT_SECONDS)
        except TimeoutError:
            check(claim, False, self.seen)
        check(claim, True)
