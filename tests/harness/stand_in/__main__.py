"""The stand-in's own process: `python -m stand_in --journal FILE`. Says its port, serves until its input ends."""

import argparse
import asyncio
import gc
import json
import os
import sys
from pathlib import Path

from .service import Service
from .wire import Server


async def serve(options: argparse.Namespace) -> None:
    """Until whoever started this process lets go of its input, or dies."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    service = Service(options.journal, options.now, options.fsync)
    server = Server(service, set(options.key))
    print(json.dumps({"port": await server.listen(options.port)}), flush=True)  # noqa: T201 - its parent reads it
    ticking = asyncio.create_task(server.tick()) if options.now is None else None
    await ended.wait()
    # Whoever hangs, hangs no more; everything that was answered is in the journal.
    os._exit(0 if ticking is None or not ticking.done() else 1)


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(prog="stand_in", description=__doc__)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--now", type=int, help="a clock that stands still, in seconds since 1970")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--fsync", action=argparse.BooleanOptionalAction, default=True)
    # It keeps all it ever took: to look for garbage among that, again and again, would be most of its work.
    gc.disable()
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
