"""Look at a running desk with the system's Chromium: log in, photograph the main pages, fail on whatever a user would hit.

    SCREENSHOT_PASSWORD=... python scripts/take_screenshots.py --base-url http://127.0.0.1:8000 [--width 1440 --width 768]

SCREENSHOT_USER is `admin` unless set. Pictures go to docs/screenshots/. Exit status: 0 all well; 1 a page logged an error,
answered one, or asked for an address outside the server (each is printed); 2 no Chromium, server, password, login or packaged post.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, Response, sync_playwright

OUT = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
DESKTOP_WIDTH = 1440
WIDTHS = (DESKTOP_WIDTH, 768)
HEIGHT = 900
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
]
PAGES = {
    "dashboard": "/admin/",
    "products": "/admin/catalog/product/",
    "performance": "/admin/perfhooks/perfrun/",
}
PACKAGED_POSTS = "/admin/posts/post/?package=yes"


class DeskError(RuntimeError):
    """The desk cannot be looked at; the message says why and what to do."""


@dataclass
class Watcher:
    """Notes every complaint of a page: console errors, script errors, failed or refused requests, foreign addresses."""

    base_url: str
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to the page from now on."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: script error: {error}"))
        page.on("requestfailed", self._check_failure)
        page.on("request", self._check_address)
        page.on("response", self._check_status)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            place = message.location.get("url", "")
            self.complaints.append(f"{place}: console {message.type}: {message.text}")

    def _note(self, request: Request, problem: str) -> None:
        self.complaints.append(f"{request.url}: {problem}")

    def _check_failure(self, request: Request) -> None:
        # A picture still under way when the reader goes on to the next page is aborted; that is no fault.
        if request.failure != "net::ERR_ABORTED":
            self._note(request, str(request.failure))

    def _check_address(self, request: Request) -> None:
        if not request.url.startswith((self.base_url, "data:", "about:", "blob:")):
            self._note(request, "an address outside the product")

    def _check_status(self, response: Response) -> None:
        if response.status >= 400:
            self._note(response.request, f"status {response.status}")


def find_chromium() -> str | None:
    """The path of the system's Chromium, None without one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The system's Chromium without a window; DeskError where there is none."""
    path = find_chromium()
    if path is None:
        raise DeskError("Chromium is missing: install the package `chromium` of your system")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_desk(base_url: str, *, user: str, password: str, width: int = DESKTOP_WIDTH) -> Iterator[tuple[Page, Watcher]]:
    """A page that is logged in to the desk, in Korean and Korean time, and its watcher; DeskError when that fails."""
    with open_browser() as browser:
        context = browser.new_context(
            locale="ko-KR", timezone_id="Asia/Seoul", viewport={"width": width, "height": HEIGHT}
        )
        page, watcher = context.new_page(), Watcher(base_url)
        watcher.watch(page)
        try:
            page.goto(f"{base_url}/admin/login/?next=/admin/")
        except Error as error:
            raise DeskError(
                f"{base_url} does not answer: run `make serve` ({error.message.splitlines()[0]})"
            ) from error
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", password)
        with page.expect_navigation(wait_until="networkidle"):
            page.click("input[type=submit]")
        if "/login/" in page.url:
            raise DeskError(f"{base_url}: user {user!r} was refused; set SCREENSHOT_USER and SCREENSHOT_PASSWORD")
        yield page, watcher


def find_preview(page: Page, base_url: str) -> str:
    """The address of a packaged post's preview; DeskError when nothing has been packaged yet."""
    page.goto(base_url + PACKAGED_POSTS)
    links = page.locator("#result_list tbody th a")
    if not links.count():
        raise DeskError("no post has been packaged yet: run `make demo` first")
    return str(links.first.get_attribute("href")).partition("change/")[0] + "preview/"


def photograph(base_url: str, *, user: str, password: str, width: int, out: Path) -> list[str]:
    """Take all pictures at one width; returns every complaint that was heard."""
    out.mkdir(parents=True, exist_ok=True)
    with open_desk(base_url, user=user, password=password, width=width) as (page, watcher):
        pages = {**PAGES, "post-preview": find_preview(page, base_url)}
        for name, address in pages.items():
            page.goto(base_url + address, wait_until="networkidle")
            path = out / (f"{name}.png" if width == DESKTOP_WIDTH else f"{name}-{width}.png")
            page.screenshot(path=path, full_page=name == "post-preview")
        return watcher.complaints


def main() -> int:
    """Read the arguments, take the pictures, say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", default="http://127.0.0.1:8000")
    parser.add_argument(
        "--width", type=int, action="append", help=f"in pixels; {' and '.join(map(str, WIDTHS))} by default"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    password = os.environ.get("SCREENSHOT_PASSWORD", "")
    try:
        if not password:
            raise DeskError("set SCREENSHOT_PASSWORD to the password of SCREENSHOT_USER")
        complaints = [
            complaint
            for width in options.width or WIDTHS
            for complaint in photograph(
                options.base_url.rstrip("/"),
                user=os.environ.get("SCREENSHOT_USER", "admin"),
                password=password,
                width=width,
                out=options.out,
            )
        ]
    except DeskError as error:
        print(error, file=sys.stderr)
        return 2
    print(*complaints or [f"pictures: {options.out}"], sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
