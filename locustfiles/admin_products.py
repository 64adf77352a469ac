"""Editors at the product list: its pages, filters, sort orders and searches, a product's page, priorities saved in it.

    locust -f locustfiles/admin_products.py --headless -u 20 -t 60s --host http://127.0.0.1:8000

Each editor changes priorities of products of its own only, so that no save is a conflict.
"""

from __future__ import annotations

from urllib.parse import urlencode

from locust import task

from locustfiles.common import LoadUser, read_options
from locustfiles.forms import ListPage, list_products, set_priority
from locustfiles.timings import ADMIN_DETAIL, ADMIN_LIST, PRIORITY, SEARCH

STATUSES = ("SALE", "OUTOFSTOCK", "SUSPENSION", "CLOSE")
SORTS = ("1", "-1", "5", "-5", "6", "-6", "-7.2")
"""Columns of the list by their number: name, price, stock, priority then SKU."""
NEAR_PAGES = 10
PRIORITIES = 1_000
FIRST, FILTER, SORT, PAGE = "[first]", "[filter]", "[sort]", "[page]"
SHOWN = 'id="changelist"'
SAVED = "변경을 저장했습니다"
ERRORS = ('class="errorlist', '<li class="error"')


class Editor(LoadUser):
    """One editor; `seen` is the list on the screen, no longer there once it was sent with a new priority.

    That a save was kept is read from the next list, as an editor reads it.
    """

    def on_start(self) -> None:
        """Log in and open the list once, to learn what there is to look for."""
        super().on_start()
        self.path: str = read_options(self.environment).endpoint
        self.seen = self.first = ListPage("")
        self.awaited = SHOWN
        self.show(FIRST)
        self.first = self.seen

    @task(85)
    def save_priority(self) -> None:
        """Change one priority on the list seen and send its whole form; look at another list where none is there."""
        form = self.seen.read_form()
        own = [row for row, product in list_products(form).items() if self.owns(product)]
        if not own:
            self.browse()
            return
        row = self.random.choice(own)
        changed = set_priority(form, row, self.choose_priority(form[f"form-{row}-priority"]))
        self.seen = ListPage("")
        with self.post_form(self.path, urlencode(changed), name=f"{ADMIN_LIST} {PRIORITY}") as answer:
            if answer.status_code == 302:
                self.awaited = SAVED
            else:
                answer.failure(f"우선순위 저장 응답 {answer.status_code}")

    @task(10)
    def browse(self) -> None:
        """Look at the list in one of its ways."""
        ways = (self.open_first, self.filter_by_status, self.filter_by_category, self.sort, self.search, self.turn_page)
        self.random.choice(ways)()

    @task(5)
    def open_product(self) -> None:
        """One product's page."""
        addresses = self.first.details
        if not addresses:
            self.open_first()
            return
        address = self.random.choice(addresses)
        with self.client.get(address, name=ADMIN_DETAIL, allow_redirects=False, catch_response=True) as answer:
            self.awaited = SHOWN  # this page has shown the message of a save
            if answer.status_code != 200:
                answer.failure(f"상품 화면 응답 {answer.status_code}")

    def open_first(self) -> None:
        """The list as it opens."""
        self.show(FIRST)

    def filter_by_status(self) -> None:
        """One state's products."""
        self.show(FILTER, status__exact=self.random.choice(STATUSES))

    def filter_by_category(self) -> None:
        """One category's products."""
        self.show(FILTER, category=self.random.choice(self.first.categories or ["1"]))

    def sort(self) -> None:
        """Another order."""
        self.show(SORT, o=self.random.choice(SORTS))

    def search(self) -> None:
        """By SKU, or by two words of a name."""
        words = [" ".join(name.split()[:2]) for name in self.first.names]
        self.show(SEARCH, q=self.random.choice([*self.first.skus, *words] or ["JB"]))

    def turn_page(self) -> None:
        """One of the next pages; one time in four any page, however deep."""
        last = self.first.last_page
        self.show(PAGE, p=str(self.random.randint(1, last if self.random.random() < 0.25 else min(NEAR_PAGES, last))))

    def choose_priority(self, current: str) -> int:
        """Another priority than the current one."""
        return (int(current or 0) + self.random.randint(1, PRIORITIES - 1)) % PRIORITIES

    def show(self, name: str, **query: str) -> None:
        """Open the list; any answer but a page without an error, or without the message of a save, is a failure."""
        address = f"{self.path}?{urlencode(query)}" if query else self.path
        expected, self.awaited = self.awaited, SHOWN
        grouped = f"{ADMIN_LIST} {name}"
        with self.client.get(address, name=grouped, allow_redirects=False, catch_response=True) as answer:
            text = answer.text or ""
            if answer.status_code != 200:
                answer.failure(f"상품 목록 응답 {answer.status_code}")
            elif expected not in text or any(error in text for error in ERRORS):
                answer.failure("상품 목록에 오류가 보이거나, 저장했다는 말이 없습니다.")
            else:
                self.seen = ListPage(text)
