"""The seven roles and what each may do, as data: actions on the tables of a room of the house.

A grant names a place (an app by its dotted name, or the folder above several), so a room that is built later falls under
the roles that name its domain without an edit here.
"""

from dataclasses import dataclass

PEOPLE = "operations.roles"
TOKENS = "operations.apitokens"
RESERVED = (PEOPLE, TOKENS)
"""Users, roles and API tokens. A grant on all of operations never reaches them: they must be named themselves."""
DOMAINS = ("products", "content", "experiments", "ads", "operations", "perfhooks")
ANY = "*"
READ = ("view",)
WRITE = ("view", "add", "change", "delete")


@dataclass(frozen=True, slots=True)
class Grant:
    """These actions on the tables of a place; `models`: on these tables of it only, by their names in small letters."""

    place: str
    actions: tuple[str, ...]
    models: tuple[str, ...] = ()

    def covers(self, *, place: str, model: str, action: str) -> bool:
        """Whether the action on that table of that app is granted."""
        is_inside = place == self.place or (place not in RESERVED and place.startswith(f"{self.place}."))
        return (
            is_inside and (not self.models or model in self.models) and (ANY in self.actions or action in self.actions)
        )


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role: its code (also the group's name), its name on the desk, what it is for, and its grants."""

    code: str
    label: str
    purpose: str
    grants: tuple[Grant, ...]

    def may(self, *, place: str, model: str, action: str) -> bool:
        """Whether the role may do that to that table."""
        return any(grant.covers(place=place, model=model, action=action) for grant in self.grants)


def _on(places: tuple[str, ...], actions: tuple[str, ...]) -> tuple[Grant, ...]:
    return tuple(Grant(place, actions) for place in places)


_SEE_ALL = _on(DOMAINS, READ)
_SEE_ARTICLES = _on(("products", "content"), READ)
_EDIT = (
    Grant("content.posts", WRITE, ("post", "postimage", "postvideo")),
    Grant("content.comparison", WRITE),
    Grant("content.cro", ("add", "change")),
    Grant("content.clusters", WRITE),
    Grant("content.packages", ("add",), ("uniquepack",)),
    Grant("content.refresh", ("change",), ("refreshentry",)),
    Grant("content.refresh", ("add",), ("scoresettings", "metricimport")),
    Grant("content.matching", ("add",), ("ruleset", "pin")),
    Grant("products.catalog", ("change", "export"), ("product",)),
    Grant("products.storesync", ("change",), ("syncfailure",)),
)
_PUBLISH = (
    Grant("content.posts", ("publish",), ("post",)),
    Grant("content.packages", ("add", "change", "download")),
    Grant("operations.site", (ANY,)),
)
_REVIEW = (
    Grant("content.ugc", (ANY,)),
    Grant("content.disclosure", ("change",)),
    Grant("content.disclosure", ("add",), ("disclosureversion",)),
    Grant("content.posts", ("change",), ("postfinding",)),
)

ROLES: dict[str, RoleRow] = {
    row.code: row
    for row in (
        RoleRow("viewer", "뷰어", "사용자 관리를 뺀 모든 화면을 봅니다.", _SEE_ALL),
        RoleRow(
            "editor",
            "편집자",
            "글과 비교표를 쓰고 상품의 우선순위와 보류를 고치며 목록을 내보냅니다.",
            (*_SEE_ALL, *_EDIT),
        ),
        RoleRow(
            "publisher",
            "발행자",
            "편집자의 일에 더해 패키지를 만들고 내려받으며 글을 게시합니다.",
            (*_SEE_ALL, *_EDIT, *_PUBLISH),
        ),
        RoleRow(
            "reviewer",
            "검수자",
            "상품과 글을 보고 고객이 올린 글과 고지 점검 사항을 검수합니다.",
            (*_SEE_ARTICLES, *_REVIEW),
        ),
        RoleRow("ads", "광고 담당", "상품과 글을 보고 광고 화면을 맡습니다.", (*_SEE_ARTICLES, *_on(("ads",), (ANY,)))),
        RoleRow(
            "analyst",
            "분석가",
            "사용자 관리를 뺀 모든 화면을 보고 자료를 내보냅니다. 아무것도 고치지 않습니다.",
            (*_SEE_ALL, *_on(DOMAINS, ("export",))),
        ),
        RoleRow("admin", "관리자", "사용자와 역할까지 모두 맡습니다.", _on((*DOMAINS, *RESERVED), (ANY,))),
    )
}

ACTION_WORDS = {
    "view": "보기",
    "add": "더하기",
    "change": "고치기",
    "delete": "지우기",
    "publish": "게시",
    "download": "내려받기",
    "export": "내보내기",
}
"""Actions in words."""
DEEDS = {
    "products.catalog.product.export": "내보내기",
    "content.posts.post.publish": "게시",
    "content.packages.package.download": "내려받기",
    "content.packages.uniquepack.add": "유니크 팩 만들기",
    "content.packages.package.change": "올린 주소 표시",
    "content.refresh.refreshentry.change": "다시 대기열에 넣기",
    "content.refresh.scoresettings.add": "새 판",
    "content.refresh.metricimport.add": "가져오기",
    "products.storesync.syncfailure.change": "다시 시도",
    "content.matching.ruleset.add": "새 판",
    "content.matching.pin.add": "상품 고정",
    "content.clusters.cluster.add": "클러스터 계획",
    "content.clusters.cluster.change": "승인·옮기기·고정·막기",
    "content.clusters.linkbatch.add": "링크 계획",
    "content.clusters.linkbatch.change": "넣기·되돌리기",
    "operations.gates.gatedecision.add": "판정",
    "operations.apitokens.apitoken.change": "폐기",
}
"""What a page offers besides its form: place.model.action -> the word on its button."""


def find_role(text: str) -> RoleRow | None:
    """The role of that code or Korean name; None for any other text."""
    wanted = text.strip()
    return ROLES.get(wanted.lower()) or next((row for row in ROLES.values() if row.label == wanted), None)


def is_house(place: str) -> bool:
    """Whether the app is one of the house's own: only their tables are given away by roles."""
    return place.split(".")[0] in DOMAINS


def name_action(codename: str, model: str) -> str:
    """The action of a permission's codename: `publish` of `publish_post`; all of a codename that does not end so."""
    return codename.removesuffix(f"_{model}")
