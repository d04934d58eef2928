"""The pages work in a real browser, and ask nobody but this server."""

import json
import shutil
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from models.database import close_database, open_database
from models.keys import make
from tests.conftest import missing, serving, with_fixtures

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # a busy machine takes its time to draw

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-quic"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails on what is written to the console, and on requests that lead outside."""
    said: list[str] = []
    asked: list[str] = []
    opened = browser.new_page()
    opened.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("requestfailed", lambda r: said.append(r.url) if r.failure != "net::ERR_ABORTED" else None)
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    assert said == []
    assert {urlsplit(url).hostname for url in asked if not url.startswith("data:")} == {"127.0.0.1"}


@pytest.fixture(scope="module")
def closed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server of the fixtures that is closed to who has no key, and a key for reading."""
    url = with_fixtures(str(tmp_path_factory.mktemp("closed") / "talbuk.db"))
    open_database(url)
    _, token = make("kim", "read")
    close_database()
    with serving(url, TALBUK_READS="keys") as address:
        yield address, token


def test_the_documentation_can_be_read_and_tried(page: Page, server: str) -> None:
    """The filters' examples are not filled in: all of them together would find nothing."""
    page.goto(f"{server}/apidocs/")
    expect(page.locator("h1, .info .title").first).to_contain_text("talbuk")
    operation = page.locator("#operations-defectors-list_defectors")
    expect(operation).to_contain_text("List defectors")
    operation.locator(".opblock-summary-control").click()
    with page.expect_response(lambda response: urlsplit(response.url).path == "/v1/defectors") as awaited:
        operation.get_by_role("button", name="Execute").click()
    response = awaited.value
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    assert set(parse_qs(urlsplit(response.url).query)) <= {"policy", "certainty", "limit", "sort", "total"}
    served = json.loads(response.body())
    assert served["data"]
    live = operation.locator(".live-responses-table")
    expect(live.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(live.locator(".response-col_description").nth(1)).to_contain_text(served["data"][0]["id"])


def test_pages_run_nothing_but_what_this_server_has_in_files(page: Page, written: tuple[str, str]) -> None:
    """The fixture fails on what a policy stops. It would stop what came to stand in a page, wherever from."""
    server, _ = written
    for path in ("/", "/apidocs/"):
        policy = (page.goto(f"{server}{path}") or pytest.fail(path)).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    page.locator("#operations-people-get_person .opblock-summary-control").click()
    page.locator("#operations-people-get_person .model-example").first.wait_for()
    assert page.evaluate("document.styleSheets.length") >= 2


def test_what_stands_in_a_page_does_not_run(browser: Browser, server: str) -> None:
    """The control of the others: what the policy forbids is stopped, and told on the console."""
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(server)
    page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {text: 'document.title = `taken over`'}))"
    )
    assert page.title() == "talbuk"
    assert "Content Security Policy" in said[0]
    page.close()


def test_an_example_is_beside_its_parameter(page: Page, server: str) -> None:
    page.goto(f"{server}/apidocs/")
    operation = page.locator("#operations-defectors-list_defectors")
    operation.locator(".opblock-summary-control").click()
    expect(operation.locator("tr[data-param-name=left_after]")).to_contain_text("Example: 2016")


def test_a_record_can_be_tried_with_its_example(page: Page, server: str) -> None:
    """What must be given is filled in."""
    page.goto(f"{server}/apidocs/")
    operation = page.locator("#operations-people-get_person")
    operation.locator(".opblock-summary-control").click()
    with page.expect_response(lambda response: urlsplit(response.url).path.startswith("/v1/people/")) as awaited:
        operation.get_by_role("button", name="Execute").click()
    assert awaited.value.status == 200


def test_whoever_has_a_key_can_read_what_takes_one(page: Page, closed_server: tuple[str, str]) -> None:
    """`Authorize` on the page sends it; nothing keeps it beyond the page."""
    address, token = closed_server
    page.goto(f"{address}/apidocs/")
    page.locator(".auth-wrapper > .authorize").click()
    page.locator("input[type=text], input[type=password]").last.fill(token)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.get_by_role("button", name="Close", exact=True).click()
    operation = page.locator("#operations-people-get_person")
    operation.locator(".opblock-summary-control").click()
    with page.expect_response(lambda response: urlsplit(response.url).path.startswith("/v1/people/")) as awaited:
        operation.get_by_role("button", name="Execute").click()
    assert awaited.value.status == 200
    assert awaited.value.request.headers["authorization"] == f"Bearer {token}"
    expect(operation.locator(".live-responses-table .response-col_status").nth(1)).to_contain_text("200")
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_a_record_can_be_changed_with_a_key(page: Page, written: tuple[str, str]) -> None:
    """The key is given once; a write that says by If-Match what was seen changes the record."""
    server, token = written
    page.goto(f"{server}/apidocs/")
    page.get_by_role("button", name="Authorize").click()
    asked = page.locator(".modal-ux")
    asked.locator("input").fill(token)
    asked.get_by_role("button", name="Apply credentials").click()
    asked.get_by_role("button", name="Close").click()
    operation = page.locator("#operations-institutions-patch_institution")
    operation.locator(".opblock-summary-control").click()
    tag = page.request.get(f"{server}/v1/institutions/room-39").headers["etag"]
    operation.locator("tr[data-param-name=If-Match] input").fill(tag)
    operation.locator("tr[data-param-name=reason] input").fill("tried in a browser")
    operation.locator(".body-param textarea").fill('{"description": "In the words of a browser."}')
    with page.expect_response(lambda response: response.request.method == "PATCH") as awaited:
        operation.get_by_role("button", name="Execute").click()
    assert awaited.value.status == 200
    live = operation.locator(".live-responses-table")
    expect(live.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(live.locator(".response-col_description").nth(1)).to_contain_text("In the words of a browser.")
    served = page.request.get(f"{server}/v1/institutions/room-39").json()
    assert served["description"] == "In the words of a browser."


def test_the_landing_page_leads_on(page: Page, server: str) -> None:
    page.goto(server)
    expect(page.locator("h1")).to_contain_text("talbuk")
    page.get_by_role("link", name="Documentation").click()
    expect(page.locator("#operations-defectors-list_defectors")).to_be_visible()
    page.go_back()
    link = page.get_by_role("link", name="defectors", exact=True).get_attribute("href")
    listed = page.request.get(f"{server}{link}")
    assert listed.json()["data"]
