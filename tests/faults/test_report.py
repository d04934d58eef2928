"""What the long runs write down."""

from pathlib import Path

from tests.faults.report import Result, section


def result(run: str, *, held: bool = True) -> Result:
    """A row."""
    return Result(run, "done", "1,000 kept", "planted", "9 lost", held)


def test_a_part_that_is_tried_again_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    section("Power", [result("cut")], "Then.", file)
    section("Kills", [result("first", held=False)], "Once.", file)
    section("Kills", [result("second"), result("third")], "Again.", file)
    text = file.read_text()
    assert text.startswith("# ")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Kills", "## Power"]
    assert ("| cut |" in text, "| first |" in text, "| third |" in text) == (True, False, True)


def test_what_did_not_hold_is_told(tmp_path: Path) -> None:
    section("Kills", [result("first", held=False)], "Once.", tmp_path / "RESULTS.md")
    assert "NOT HELD" in (tmp_path / "RESULTS.md").read_text()
