"""The pages work in a real browser, and ask nobody but this server."""

import json
import shutil
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import missing

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


def test_the_landing_page_leads_on(page: Page, server: str) -> None:
    page.goto(server)
    expect(page.locator("h1")).to_contain_text("talbuk")
    page.get_by_role("link", name="Documentation").click()
    expect(page.locator("#operations-defectors-list_defectors")).to_be_visible()
    page.go_back()
    link = page.get_by_role("link", name="defectors").get_attribute("href")
    listed = page.request.get(f"{server}{link}")
    assert listed.json()["data"]
