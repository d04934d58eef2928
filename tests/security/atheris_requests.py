"""The application under atheris, which changes what reaches new code further: `ENGINE COUNT SEED SECONDS FILE`."""

import json
import logging
import os
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["api", "models"]):
    from api.app import create_app
    from tests.security.malice import BUILD, SEEDS, outcome
    from tests.security.throwaway import throwaway
    from tests.security.wsgi_requests import DOCUMENT, Harness

LONGEST = 400
"""Bytes of an input."""


def main(engine: str, count: int, seed: int, seconds: float, told: Path) -> None:
    """Put so many inputs to the application, whatever is found, and write down what was."""
    logging.disable(logging.CRITICAL)
    kept = BUILD / "corpus"
    kept.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(SEEDS.read_text(encoding="ascii").split()):
        (kept / f"seed-{number}").write_bytes(bytes.fromhex(line))
    with throwaway(engine) as database:
        harness = Harness(create_app(), database, json.loads(Path(DOCUMENT).read_text(encoding="utf-8")))
        begun = time.monotonic()

        def one(data: bytes) -> None:
            harness.put(data)
            if harness.sent >= count or time.monotonic() - begun > seconds:
                told.write_text(json.dumps(outcome(harness, seed, time.monotonic() - begun)), encoding="utf-8")
                os._exit(0)  # atheris would end the process by itself, before what is here could be written

        atheris.Setup(
            [
                sys.argv[0],
                f"-seed={seed}",
                f"-max_len={LONGEST}",
                "-timeout=30",
                "-len_control=0",
                "-print_final_stats=1",
                str(kept),
            ],
            one,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5]))
