"""Holds every answer to the OpenAPI document that the server serves: schemathesis makes the requests."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from models.database import close_database, open_database
from models.keys import make
from tests.contract.serving import BUILD, ROOT, served

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
WITH_A_KEY = Path(__file__).with_name("schemathesis-writes.toml")
WRITING_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,no_refusal_writes"
)
"""What is held of answers to writes: whether a body is sound no schema can say, for it refers to what is there."""


def main() -> None:
    """Exit with 1 if any answer is not what the document says, or if too few were asked for."""
    asked = arguments()
    report = BUILD / f"fuzz-{asked.engine}.json"
    report.unlink(missing_ok=True)
    tokens: list[str] = []

    def prepare(database: str) -> None:
        if asked.writes:
            tokens.append(key_of(database))

    with served(asked.engine, prepare) as address:
        configuration = WITH_A_KEY if asked.writes else CONFIGURATION
        how = (
            ["--checks", WRITING_CHECKS, "-H", f"Authorization: Bearer {tokens[0]}"] if tokens else ["--checks", "all"]
        )
        run = [*command(address, configuration, report, asked), *how]
        done = subprocess.run(run, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "FUZZED": address}, check=False)
    if done.returncode or not report.exists():
        sys.exit(f"not all is well on {asked.engine}; what the server said is in {BUILD}/server.log")
    cases = json.loads(report.read_text(encoding="utf-8"))["test_cases"]["generated"]
    print(f"{cases:,} cases on {asked.engine}")
    if cases < asked.at_least:
        sys.exit(f"{asked.at_least:,} were asked for; give more --examples")


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--examples", type=int, default=20, help="random cases of each operation, beside all edge cases"
    )
    parser.add_argument("--at-least", type=int, default=0, metavar="CASES", help="fail if there are fewer")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful", help="those of schemathesis")
    parser.add_argument("--writes", action="store_true", help="with a key: what is written is kept, and followed")
    parser.add_argument("--seed", type=int, help="make the cases that another run made")
    return parser.parse_args()


def key_of(database: str) -> str:
    """A new key of a database with which all can be written."""
    open_database(database)
    try:
        return make("fuzz", "admin")[1]
    finally:
        close_database()


def command(address: str, configuration: Path, report: Path, asked: argparse.Namespace) -> list[str]:
    """The command line of schemathesis, by its own interpreter."""
    return [
        *(str(BUILD / "bin" / "schemathesis"), "--config-file", str(configuration), "run", f"{address}/openapi.json"),
        *("--phases", asked.phases, "--continue-on-failure"),
        *("--max-examples", str(asked.examples), "--generation-database", "none"),
        *("--report-json-path", str(report), "--no-color"),
        *(("--seed", str(asked.seed)) if asked.seed is not None else ()),
    ]


if __name__ == "__main__":
    main()
