"""Tells what Python does in a component that it does not do elsewhere: docs/plugins.md promises each of these."""

import asyncio
import concurrent.futures
import locale
import random
import tempfile
import threading
import time
import zoneinfo

OWN_RANDOM = random.Random()
random.seed(42)
BUILT_AT = time.time()
BUILT_AT_MONOTONIC = time.monotonic()


def language() -> dict:
    return {
        "random_of_module_top": OWN_RANDOM.random(),
        "random": random.random(),
        "hash": hash("abc"),
        "build_is_past": BUILT_AT < time.time(),
        "monotonic_goes_back": time.monotonic() < BUILT_AT_MONOTONIC,
        "asyncio": raised(lambda: asyncio.run(answer())),
        "thread": raised(lambda: threading.Thread(target=print).start()),
        "thread_pool": raised(lambda: concurrent.futures.ThreadPoolExecutor(1).submit(int)),
        "temporary_file": raised(tempfile.TemporaryFile),
        "zone": raised(lambda: zoneinfo.ZoneInfo("Europe/Berlin")),
        "recursion": raised(endless),
        "locale": [locale.setlocale(locale.LC_ALL, "de_DE.UTF-8"), locale.format_string("%.1f", 0.5)],
        "encoding": raised(lambda: b"a".decode("cp1252")),
    }


async def answer() -> int:
    return 42


def endless() -> int:
    return endless() + 1


def raised(attempt) -> str | None:
    """Returns the name of the exception."""
    try:
        attempt()
    except Exception as error:
        return type(error).__name__
