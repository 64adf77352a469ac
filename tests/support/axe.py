"""What axe finds in a page of the browser: the accessibility rules that the desk and the public pages must keep."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

from scripts.take_screenshots import Watcher

GRAVE = ("serious", "critical")
_RUN = "() => axe.run(document, {resultTypes: ['violations'], iframes: false})"


def list_grave_findings(page: Page | Frame) -> list[str]:
    """The serious and critical findings, one line each with the elements they stand at. Frames inside are not looked into."""
    page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(_RUN)
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def check_page(page: Page, watcher: Watcher) -> None:
    """What every page of the desk must be: nothing complained, it does not scroll sideways, it can be used by everybody."""
    page.wait_for_load_state("networkidle")
    assert watcher.complaints == [], page.url
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert excess <= 0, page.url
    assert list_grave_findings(page) == [], page.url
    watcher.complaints.clear()  # looking costs a style or two that the page's policy refuses
