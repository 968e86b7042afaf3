"""Runs the table of attacks in a jail and prints what ended otherwise than it should: ``python run_attacks.py FEATURE...``."""

import asyncio
import json
import os
import sys

from attack import Attack
from attacks import ATTACKS

from sandbox import SCRIPT, Jail, Job


async def _one(jail: Jail, attack: Attack) -> str:
    found = [outcome async for outcome in jail.run(Job(attack.source, SCRIPT, [attack.data], attack.limits))]
    right = len(found) == 1 and found[0].status in attack.ends and attack.stdout in (None, found[0].stdout)
    return "" if right else repr(found)[:2000]


async def _all(features: list[str]) -> dict[str, object]:
    async with Jail(workers=2, allow=features) as jail:
        names = [name for name, attack in ATTACKS.items() if not attack.needs or attack.needs == jail.level]
        found = await asyncio.gather(*(_one(jail, ATTACKS[name]) for name in names))
        wrong = {name: text for name, text in zip(names, found, strict=True) if text}
        return {"level": jail.level, "user": os.geteuid(), "run": len(names), "wrong": wrong}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_all(sys.argv[1:]))))
