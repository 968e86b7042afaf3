"""``gifmcts view``: runs in a browser."""

import asyncio
import signal
from pathlib import Path
from urllib.parse import quote

from gifmcts.cli.listing import find
from gifmcts.errors import UsageError
from gifmcts.view.server import serve
from gifmcts.view.shelf import Shelf, nameable


def view(run: str | None = None, /, *, runs: Path = Path("runs"), port: int = 8765) -> int:
    """Show runs in a browser on this machine, live while they go on; Ctrl-C ends it.

    Parameters
    ----------
    run
        The run that is shown first: its name, or the path of its folder.
    runs
        Where run folders stand.
    port
        Where it listens on 127.0.0.1; 0 takes any port that is free.
    """
    one = find(run, runs) if run is not None else None
    if one and not nameable(one.name):
        raise UsageError(f"the name of the run {one.name!r} holds characters that cannot be seen: rename its folder")
    return asyncio.run(_view(Shelf(runs, one), port, f"run/{quote(one.name, safe='')}" if one else ""))


async def _view(shelf: Shelf, port: int, path: str) -> int:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(shelf, port, lambda address: print(f"{address}{path}", flush=True), stop)
    return 0
