"""Every command of the command line, run as a person would."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api import __version__
from api.commands import talbuk
from api.loading import packaged_fixtures
from models.database import SCHEMA_VERSION, close_database, execute, open_database, writing
from models.faults import LISTED

TEXT = """A made-up report

The driver crossed at night — "by boat", he says; 탈북 𠀀.\t
\x20\x20
Two days later a clerk followed. Nobody saw him again.
"""
"""Three paragraphs, with characters of one to four bytes and a blank line that is not empty."""

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `talbuk` on a database of the test's own."""
    runner = CliRunner(env={"TALBUK_DATABASE": str(tmp_path / "talbuk.db")})

    def invoke(*arguments: str | Path) -> Result:
        result = runner.invoke(talbuk, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with TEXT in it, as it stands."""
    found = tmp_path / "texts"
    found.mkdir()
    (found / "report.txt").write_bytes(TEXT.encode())
    return found


def located(run: Run, text: Path, first: str, last: str) -> str:
    """What `locate` prints, less its line break."""
    result = run("locate", text, first, last)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("}\n")
    return result.stdout.rstrip("\n")


def bundle(*locators: str, text: str = TEXT, **held: object) -> str:
    """A bundle whose one claim has locators in the text, as they are printed."""
    size = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "paragraphs": 3, "characters": len(text)} | held
    return f"""\
sources:
  - id: report
    name: A made-up report
    kind: article
    published: 2015-07-10
    held: {{{", ".join(f"{name}: {value}" for name, value in size.items())}}}
defectors:
  - id: driver
    name: A driver
    role: Driver
    editorial: {{role: so we think}}
    stage: fled
    claims:
      - id: driver-crossed
        says: He crossed a river by night.
        sets: [occurred, stage]
        source: report
        locators: [{", ".join(locators)}]
""".replace("        locators: []\n", "")


def write(folder: Path, text: str, name: str = "bundle.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def assert_verified(result: Result, locators: str) -> None:
    """Hold what `verify` prints to its line."""
    assert result.stdout == f"{locators}\n"


# load, check


def test_load_says_what_it_did(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, bundle())
    assert run("load", file).stdout == "added 3, changed 0, removed 0, unchanged 0\n"
    assert run("load", file).stdout == "nothing to do: 1 files are loaded already, as they are\n"
    assert run("load", "--force", file).stdout == "added 0, changed 0, removed 0, unchanged 3\n"
    write(tmp_path, bundle().replace("A driver", "The driver"))
    assert run("load", file).stdout == "added 0, changed 1, removed 0, unchanged 2\n"
    write(tmp_path, "people: [{id: other, name: Other}]\n")
    assert run("load", "--sync", file).stdout == "added 1, changed 0, removed 3, unchanged 0\n"


def test_load_reads_only_what_has_changed(run: Run, tmp_path: Path) -> None:
    """Of a folder with one changed file, that file; of one without, none: and it says so."""
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder, bundle())
    other = write(folder, "people: [{id: other, name: Other}]\n", "other.yaml")
    assert run("load", folder).stdout == "added 4, changed 0, removed 0, unchanged 0\n"
    assert run("load", folder).stdout == "nothing to do: 2 files are loaded already, as they are\n"
    other.write_text("people: [{id: other, name: Another}]\n", encoding="utf-8")
    assert run("load", folder).stdout == "added 0, changed 1, removed 0, unchanged 0\n"


def test_sync_after_a_plain_load_reads_again_and_removes(run: Run, tmp_path: Path) -> None:
    """The plain load left what the file had lost; that the file is unchanged since is no reason to keep it."""
    file = write(tmp_path, bundle() + "people: [{id: other, name: Other}]\n")
    assert run("load", file).stdout == "added 4, changed 0, removed 0, unchanged 0\n"
    write(tmp_path, bundle())
    assert run("load", file).stdout == "added 0, changed 0, removed 0, unchanged 3\n"
    assert run("load", file).stdout == "nothing to do: 1 files are loaded already, as they are\n"
    assert run("load", "--sync", file).stdout == "added 0, changed 0, removed 1, unchanged 3\n"
    assert run("load", "--sync", file).stdout == "nothing to do: 1 files are loaded already, as they are\n"
    assert "people" not in run("dump").stdout


def test_one_fault_is_one_fault(run: Run, tmp_path: Path) -> None:
    result = run("load", write(tmp_path, "people: [{id: nobody}]\n"))
    file = tmp_path / "bundle.yaml"
    assert result.stderr == f"{file}:1: people/nobody /name: is missing\n1 fault; nothing was changed\n"


def test_load_takes_a_folder(run: Run, tmp_path: Path) -> None:
    write(tmp_path, bundle())
    write(tmp_path, '{"resource": "people", "id": "a", "name": "A"}\n', "people.ndjson")
    write(tmp_path, '{"people": [{"id": "b", "name": "B"}]}\n', "people.json")
    write(tmp_path, "Not read.\n", "notes.txt")
    assert run("load", tmp_path).stdout.startswith("added 5,")


def test_load_without_paths_takes_the_fixtures(run: Run) -> None:
    result = run("load")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(r"added [1-9]\d+, changed 0, removed 0, unchanged 0\n", result.stdout)


def test_refused_load_lists_its_faults(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, bundle().replace("fled", "flown").replace("kind: article", "kind: artcle"))
    result = run("load", file)
    assert (result.exit_code, result.stdout) == (1, "")
    *faults, last = result.stderr.splitlines()
    assert [fault.partition(" ")[0] for fault in faults] == [f"{file}:{line}:" for line in (4, 12, 16)]
    assert "sources/report /kind:" in faults[0]
    assert last == "3 faults; nothing was changed"
    assert run("dump").stdout == ""


def test_refused_load_lists_the_first_thousand_faults(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "".join('{"resource": "people", "id": 5}\n' for _ in range(LISTED)), "many.ndjson")
    *faults, last = run("load", file).stderr.splitlines()
    assert len(faults) == LISTED
    assert last == f"{2 * LISTED} faults; the first {LISTED} are listed; nothing was changed"


def test_load_of_what_is_not_there(run: Run, tmp_path: Path) -> None:
    result = run("load", tmp_path / "nothing.yaml")
    assert result.exit_code == 1
    assert "there is no such file, nor a folder with fixtures in it" in result.stderr


def test_fixtures_pass_check(run: Run, tmp_path: Path) -> None:
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    told = re.findall(r"^(\w+): (\d+) records", result.stdout, re.MULTILINE)
    assert [name for name, _ in told] == [
        "defectors", "purges", "institutions", "people", "sources", "claims", "indicators", "assessments",
    ]  # fmt: skip
    assert all(int(count) > 0 for _, count in told)
    assert not (tmp_path / "talbuk.db").exists()


def test_check_tells_the_share_that_is_editorial(run: Run, tmp_path: Path) -> None:
    before = dict(re.findall(r"^(\w+): .*, (\d+ of \d+) values editorial", run("check").stdout, re.MULTILINE))
    result = run("check", write(tmp_path, bundle(text="another").replace("    held:", "    #")))
    after = dict(re.findall(r"^(\w+): .*, (\d+ of \d+) values editorial", result.stdout, re.MULTILINE))
    editorial, values = map(int, before["defectors"].split(" of "))
    assert after == before | {"defectors": f"{editorial + 1} of {values + 2}"}


def test_check_finds_paragraphs_that_are_neither_coded_nor_listed(run: Run, tmp_path: Path, folder: Path) -> None:
    place = located(run, folder / "report.txt", "The driver", "night")
    covered = 'coverage_from: "2015-06-30"\ncoverage: [{source: report, nothing: [%s]}]\n'
    file = write(tmp_path, bundle(place) + covered % "{paragraph: 1, because: A title.}")
    result = run("check", file)
    assert result.exit_code == 1
    assert "coverage: report, paragraph 3: is neither coded nor listed as nothing" in result.stderr
    assert "report, paragraph 1" not in result.stderr
    write(tmp_path, bundle(place) + covered % "{paragraph: 2, because: A title.}")
    assert "paragraph 2: is both coded and listed as nothing" in run("check", file).stderr
    write(tmp_path, bundle(place) + covered % "{paragraph: 4, because: A title.}")
    assert "paragraph 4: needs a `because`, and to be one of 3" in run("check", file).stderr


def test_check_refuses_what_the_fixtures_have_already(run: Run, tmp_path: Path) -> None:
    """A copy of one of them in another file, changed or not; as the file itself it is known."""
    packaged = packaged_fixtures() / "people.yaml"
    assert run("check", packaged).exit_code == 0
    copy = write(tmp_path, packaged.read_text(encoding="utf-8"), "people.yaml")
    result = run("check", copy)
    assert (result.exit_code, result.stdout) == (1, "")
    *faults, last = result.stderr.splitlines()
    told = f"/id: is loaded from {packaged} already; take it out of one of the two, or take it over by --force"
    assert faults
    assert all(fault.startswith(f"{copy}:") and fault.endswith(told) for fault in faults)
    assert last == f"{len(faults)} faults; nothing was changed"


def test_check_refuses_faulty_files(run: Run, tmp_path: Path) -> None:
    result = run("check", write(tmp_path, bundle().replace("fled", "flown")))
    assert result.exit_code == 1
    assert result.stderr.endswith("2 faults; nothing was changed\n")


# locate, verify


@pytest.mark.parametrize(
    ("first", "last", "paragraph", "passage"),
    [
        ("A made-up", "report", 1, "A made-up report"),
        ("The driver", "night", 2, "The driver crossed at night"),
        ("—", '"by boat"', 2, '— "by boat"'),
        ("탈북", "𠀀.", 2, "탈북 𠀀."),
        ("Nobody", "again.", 3, "Nobody saw him again."),
        ("clerk", "clerk", 3, "clerk"),
    ],
)
def test_locate_prints_a_locator_that_verifies(
    first: str, last: str, paragraph: int, passage: str, run: Run, folder: Path, tmp_path: Path
) -> None:
    printed = located(run, folder / "report.txt", first, last)
    start = TEXT.index(passage)
    digest = hashlib.sha256(passage.encode()).hexdigest()
    assert printed == f"{{paragraph: {paragraph}, start: {start}, end: {start + len(passage)}, sha256: {digest}}}"
    assert run("load", write(tmp_path, bundle(printed))).exit_code == 0
    result = run("verify", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert_verified(result, "1 locators checked, 0 faults")


def test_lines_that_end_as_on_windows_keep_their_offsets(run: Run, tmp_path: Path) -> None:
    """Offsets are of the file as it stands; reading it as text would take characters away."""
    text = TEXT.replace("\n", "\r\n")
    texts = tmp_path / "windows"
    texts.mkdir()
    (texts / "report.txt").write_bytes(text.encode())
    printed = located(run, texts / "report.txt", "Nobody", "again.")
    assert f"start: {text.index('Nobody')}," in printed
    assert run("load", write(tmp_path, bundle(printed, text=text))).exit_code == 0
    result = run("verify", texts)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("The pilot", "night", 'the text has no "The pilot"'),
        ("The driver", "noon", 'the text has no "noon" after "The driver"'),
        ("night", "The driver", 'no "The driver" after "night"'),
        ("a", "night", 'has "a" more than once; give more words'),
        ("The driver", "clerk", "runs over more than one paragraph"),
        ("", "night", "give the first words and the last words"),
        ("The driver", "", "give the first words and the last words"),
    ],
)
def test_locate_says_why_it_cannot(first: str, last: str, says: str, run: Run, folder: Path) -> None:
    result = run("locate", folder / "report.txt", first, last)
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr


def test_locate_refuses_what_is_not_utf8(run: Run, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 and more")
    result = run("locate", tmp_path / "latin.txt", "and", "more")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "UTF-8" in result.stderr


def test_locate_finds_a_passage_by_its_first_words_alone(run: Run, folder: Path) -> None:
    """They are its last words then, too."""
    text = folder / "report.txt"
    assert run("locate", text, "a clerk followed").stdout == run("locate", text, "a clerk", "followed").stdout


def test_locate_of_a_text_alone_prints_what_a_source_holds(run: Run, folder: Path, tmp_path: Path) -> None:
    """As YAML that loads, and that `verify` finds no fault with."""
    result = run("locate", folder / "report.txt")
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{{sha256: {digest}, paragraphs: 3, characters: {len(TEXT)}}}\n"
    printed = re.sub("held: .*", f"held: {result.stdout.strip()}", bundle())
    assert run("load", write(tmp_path, printed)).exit_code == 0
    assert run("verify", folder).exit_code == 0


def test_locate_of_a_text_alone_refuses_what_is_not_utf8(run: Run, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 and more")
    result = run("locate", tmp_path / "latin.txt")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "UTF-8" in result.stderr


def shifted(locator: str, by: int) -> str:
    return re.sub(r"(start|end): (\d+)", lambda found: f"{found[1]}: {int(found[2]) + by}", locator)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda place: re.sub(r"sha256: \w{4}", "sha256: 0000", place), "has another digest"),
        (lambda place: shifted(place, 1), "has another digest"),
        (lambda place: shifted(place, -1), "is not within paragraph 2"),
        (lambda place: place.replace("paragraph: 2", "paragraph: 3"), "is not within paragraph 3"),
    ],
)
def test_verify_finds_a_wrong_locator(
    change: Callable[[str], str], says: str, run: Run, folder: Path, tmp_path: Path
) -> None:
    good = located(run, folder / "report.txt", "Nobody", "again.")
    wrong = change(located(run, folder / "report.txt", "The driver", "night"))
    assert run("load", write(tmp_path, bundle(good, wrong))).exit_code == 0
    result = run("verify", folder)
    assert result.exit_code == 1
    assert_verified(result, "2 locators checked, 1 faults")
    assert result.stderr.startswith("claims/driver-crossed: ")
    assert says in result.stderr


def test_verify_finds_a_text_that_was_changed(run: Run, folder: Path, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle(located(run, folder / "report.txt", "The driver", "night"))))
    (folder / "report.txt").write_bytes(TEXT.replace("Nobody", "nobody").encode())
    result = run("verify", folder)
    assert result.exit_code == 1
    assert "sources/report: no file in" in result.stderr


def test_verify_finds_a_wrong_size(run: Run, folder: Path, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle(paragraphs=4, characters=len(TEXT) + 1)))
    result = run("verify", folder)
    assert result.exit_code == 1
    assert f"its text has {len(TEXT)} characters, not {len(TEXT) + 1}" in result.stderr
    assert "its text has 3 paragraphs, not 4" in result.stderr


# ledger


def test_the_head_is_where_the_ledger_ends_and_verifies(run: Run, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle()))
    head = run("ledger", "head").stdout.removesuffix("\n")
    assert re.fullmatch("3:[0-9a-f]{64}", head)
    for more in ((), ("--expect", head), ("--expect", f"0:{'0' * 64}")):
        result = run("ledger", "verify", *more)
        assert (result.exit_code, result.stdout, result.stderr) == (
            0, f"3 ledger entries, no faults; the head is {head}\n", "",
        )  # fmt: skip


def test_a_kept_head_verifies_what_was_written_since(run: Run, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle()))
    head = run("ledger", "head").stdout.strip()
    run("load", write(tmp_path, "people: [{id: clerk, name: A clerk}]", "more.yaml"))
    assert run("ledger", "head").stdout.startswith("4:")
    assert run("ledger", "verify", "--expect", head).exit_code == 0


def test_a_tampered_ledger_and_record_are_told_line_by_line(run: Run, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle()))
    open_database(str(tmp_path / "talbuk.db"))
    with writing():
        execute("UPDATE ledger SET actor = 'somebody' WHERE seq = 2")
        execute("UPDATE record SET input = '{}' WHERE path = 'sources/report'")
    close_database()
    result = run("ledger", "verify")
    assert result.exit_code == 1
    assert result.stdout.startswith("3 ledger entries, 3 faults; the head is 3:")
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        "entry 2", "defectors/driver", "sources/report",
    ]  # fmt: skip


def test_a_head_of_another_ledger_is_told(run: Run, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle()))
    result = run("ledger", "verify", "--expect", f"4:{'0' * 64}")
    assert (result.exit_code, result.stderr) == (1, "entry 4 is missing: the ledger ends with 3, and was cut\n")
    result = run("ledger", "verify", "--expect", f"2:{'0' * 64}")
    assert result.exit_code == 1
    assert result.stderr.startswith("entry 2: its digest is not the one that was kept")


def test_what_is_no_head_is_refused(run: Run) -> None:
    result = run("ledger", "verify", "--expect", "3")
    assert result.exit_code == 2
    assert "give what `talbuk ledger head` printed" in result.stderr


# dump, rebuild, erase


def test_dump_loads_to_the_same_dump(run: Run, tmp_path: Path) -> None:
    """Of the fixtures, too."""
    assert run("load").exit_code == 0
    dumped = run("dump").stdout
    again = write(tmp_path, dumped, "dump.ndjson")
    database = ("--database", tmp_path / "again.db")
    assert run("load", again, *database).exit_code == 0
    assert run("dump", *database).stdout == dumped
    assert all(json.loads(line)["resource"] for line in dumped.splitlines())


def test_reader_who_closes_the_pipe_is_no_error(tmp_path: Path) -> None:
    database = str(tmp_path / "talbuk.db")
    subprocess.run([sys.executable, "-m", "api", "load", "--database", database], check=True, capture_output=True)
    dump = subprocess.Popen(
        [sys.executable, "-m", "api", "dump", "--database", database], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert dump.stdout is not None
    assert dump.stderr is not None
    dump.stdout.read(10)
    dump.stdout.close()
    said = dump.stderr.read()
    dump.stderr.close()
    dump.wait(30)
    assert said == b""


def test_rebuild_says_what_it_did(run: Run, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle()))
    assert run("rebuild").stdout == "rebuilt 3 records\n"


def test_migrate_says_what_it_did(run: Run, tmp_path: Path) -> None:
    """There and back; a copy is kept beside, and what is as it should be is left alone."""
    run("load", write(tmp_path, bundle()))
    dumped = run("dump").stdout
    back = run("migrate", "--to", SCHEMA_VERSION - 1, "--copy", tmp_path / "copy.db").stdout.splitlines()
    assert back[0].startswith(f"back from schema {SCHEMA_VERSION}: ")
    assert back[1] == (
        "lost on the way back: all keys (make new ones when you return), the moments of all revisions but the last, "
        "and kept answers to POSTs"
    )
    assert back[2:] == [
        f"schema {SCHEMA_VERSION} before, {SCHEMA_VERSION - 1} now",
        "a release that reads it makes what it serves by its own `talbuk rebuild`",
    ]
    assert run("dump").stderr.startswith(f"{tmp_path / 'talbuk.db'}: has schema version {SCHEMA_VERSION - 1}")
    assert run("dump", "--database", tmp_path / "copy.db").stdout == dumped
    there = run("migrate").stdout.splitlines()
    assert there[0].startswith(f"schema {SCHEMA_VERSION}: ")
    assert there[1:] == [f"schema {SCHEMA_VERSION - 1} before, {SCHEMA_VERSION} now", "rebuilt 3 records"]
    assert run("dump").stdout == dumped
    assert run("migrate").stdout == f"schema {SCHEMA_VERSION}, as before\n"


def test_migrate_knows_which_schemas_there_are(run: Run) -> None:
    for number in (0, SCHEMA_VERSION + 1):
        assert f"1<=x<={SCHEMA_VERSION}" in run("migrate", "--to", number).stderr


def test_erase_says_what_it_did(run: Run, tmp_path: Path) -> None:
    """The past goes; what is served stays, in the ledger too."""
    run("load", write(tmp_path, bundle()))
    run("load", write(tmp_path, bundle().replace("name: A driver", "name: The driver")))
    before = run("dump").stdout
    result = run("erase", "defectors/driver", "--reason", "at risk")
    assert result.stdout == "erased 1 past ledger payloads of defectors/driver\n"
    stays = (
        "defectors/driver is served still, and what is served of it now stays, in the ledger too; to take that away, "
        "withhold the field, which erases its past too, or remove the record and erase it then\n"
    )
    assert result.stderr == stays
    again = run("erase", "defectors/driver", "--reason", "at risk")
    assert (
        again.stdout == "erased nothing: the ledger holds no past payload of defectors/driver or of claims about it\n"
    )
    assert again.stderr == stays
    result = run("ledger", "verify")
    assert (result.exit_code, result.stdout[:28]) == (0, "6 ledger entries, no faults;")
    assert run("dump").stdout == before


def test_erase_of_what_is_gone_leaves_nothing_served(run: Run, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle()))
    run("load", write(tmp_path, bundle().partition("defectors:")[0]), "--sync")
    result = run("erase", "defectors/driver", "--reason", "at risk")
    assert result.stdout.startswith("erased 2 past ledger payloads")
    assert result.stderr == ""


def test_erase_of_what_never_was(run: Run, tmp_path: Path) -> None:
    run("load", write(tmp_path, bundle()))
    result = run("erase", "defectors/nobody", "--reason", "at risk")
    assert (result.exit_code, result.stderr) == (1, "defectors/nobody: nothing of that path was ever written\n")


def test_erase_needs_a_reason(run: Run) -> None:
    result = run("erase", "defectors/driver")
    assert result.exit_code == 2
    assert "--reason" in result.stderr


# what prints a document


def test_openapi_prints_or_writes_the_document(run: Run, tmp_path: Path) -> None:
    printed = run("openapi").stdout
    document = json.loads(printed)
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", __version__)
    assert run("openapi", tmp_path / "openapi.json").stdout == ""
    assert (tmp_path / "openapi.json").read_text(encoding="utf-8") == printed


def test_schema_prints_or_writes_the_schema(run: Run, tmp_path: Path) -> None:
    printed = run("schema").stdout
    assert json.loads(printed)["$schema"].startswith("https://json-schema.org/")
    assert run("schema", tmp_path / "bundle.schema.json").stdout == ""
    assert (tmp_path / "bundle.schema.json").read_text(encoding="utf-8") == printed


def test_synth_prints_what_load_takes(run: Run, tmp_path: Path) -> None:
    printed = run("synth", "20", "--seed", "3").stdout
    assert run("synth", "20", "--seed", "3").stdout == printed
    assert run("synth", "20", "--seed", "4").stdout != printed
    result = run("load", write(tmp_path, printed, "synth.ndjson"))
    assert (result.exit_code, result.stderr) == (0, "")
    resources = [json.loads(line)["resource"] for line in printed.splitlines()]
    assert resources.count("defectors") + resources.count("purges") == 20


# the command line itself


def test_version_and_help(run: Run) -> None:
    assert run("--version").stdout == f"talbuk, version {__version__}\n"
    told = run("-h").stdout
    for name, command in talbuk.commands.items():
        assert name in told
        assert command.help
        assert run(name, "--help").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [("lode",), ("load", "--sink"), ("synth", "0"), ("synth", "many"), ("verify",), ("locate", "no.txt", "a", "b")],
)
def test_wrong_use_is_told(arguments: tuple[str, ...], run: Run) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: ")


def test_the_server_loads_nothing_that_only_other_commands_use() -> None:
    """A start takes as long as its imports: no rare date is read, no fixture loaded or invented."""
    unused = {"edtf", "pyparsing", "api.bundles", "api.checking", "api.loading", "api.synthesis"}
    script = f"import sys, api.server, api.app; api.app.create_app(); assert not {unused} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
