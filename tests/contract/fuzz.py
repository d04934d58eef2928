"""Holds every answer to the OpenAPI document that the server serves: schemathesis makes the requests."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.contract.serving import BUILD, ROOT, served

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def main() -> None:
    """Exit with 1 if any answer is not what the document says, or if too few were asked for."""
    asked = arguments()
    report = BUILD / f"fuzz-{asked.engine}.json"
    report.unlink(missing_ok=True)
    with served(asked.engine) as address:
        done = subprocess.run(command(address, report, asked), cwd=ROOT, check=False)
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
    parser.add_argument("--seed", type=int, help="make the cases that another run made")
    return parser.parse_args()


def command(address: str, report: Path, asked: argparse.Namespace) -> list[str]:
    """The command line of schemathesis, by its own interpreter."""
    return [
        *(str(BUILD / "bin" / "schemathesis"), "--config-file", str(CONFIGURATION), "run", f"{address}/openapi.json"),
        *("--phases", asked.phases, "--checks", "all", "--continue-on-failure"),
        *("--max-examples", str(asked.examples), "--generation-database", "none"),
        *("--report-json-path", str(report), "--no-color"),
        *(("--seed", str(asked.seed)) if asked.seed is not None else ()),
    ]


if __name__ == "__main__":
    main()
