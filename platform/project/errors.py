"""What somebody sees when a request cannot be answered: a Korean page, or a problem document under the API's addresses.

Nothing here asks the database, the session or the templates of the desk, any of which may be what failed.
"""

import contextlib
import json
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static

from perfhooks.trace import current_trace_id
from products.catalog.problems import PROBLEM_TYPE, TITLES

API_PREFIX = "/api/"
STYLE_SHEETS = ("admin/css/base.css", "admin/css/dark_mode.css", "admin/css/responsive.css", "desk/desk.css")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what the reader can do."""

    title: str
    happened: str
    advice: str


BAD_REQUEST = Explanation(
    "잘못된 요청입니다",
    "브라우저가 보낸 요청을 서버가 받아들일 수 없었습니다. 주소나 보낸 값이 올바르지 않습니다.",
    "주소를 확인하고 다시 여세요. 직접 고친 주소라면 고치기 전의 주소로 돌아가세요.",
)
TOO_MUCH = Explanation(
    "보낸 내용이 너무 커서 저장하지 않았습니다",
    "한 번에 보낼 수 있는 글자는 {limit:,.1f} MB까지입니다(파일은 따로 셉니다).",
    "이전 화면으로 돌아가 본문을 줄이거나 여러 글로 나누어 다시 보내세요.",
)
FORBIDDEN = Explanation(
    "볼 수 있는 권한이 없습니다",
    "이 화면을 보거나 이 작업을 할 권한이 지금 로그인한 계정에 없습니다.",
    "권한이 필요하면 관리자에게 요청하세요. 다른 계정이 있으면 로그아웃한 뒤 그 계정으로 로그인하세요.",
)
FORGED = Explanation(
    "보안 확인에 실패해 저장하지 않았습니다",
    "양식의 보안 토큰이 없거나 오래되었습니다. 오래 열어 둔 화면이거나, 다른 창에서 다시 로그인했거나, 쿠키가 꺼져 있습니다.",
    "이전 화면으로 돌아가 새로 고친 뒤 다시 보내세요. 계속되면 이 주소의 쿠키를 허용했는지 확인하세요.",
)
NOT_FOUND = Explanation(
    "찾는 화면이 없습니다",
    "주소가 잘못되었거나, 지워졌거나 옮겨진 자료입니다.",
    "주소를 확인하거나, 관리 화면의 메뉴와 검색에서 찾으세요.",
)
FAILED = Explanation(
    "서버에서 오류가 났습니다",
    "요청을 처리하다가 예상하지 못한 문제가 생겼습니다. 보낸 내용은 저장되지 않았을 수 있습니다.",
    "잠시 뒤 다시 시도하세요. 계속되면 아래 추적 ID를 관리자에게 알려 주세요.",
)


def answer_bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; the reason stays in the log, since what was sent may be an attack. 413 with the limit for too much at once."""
    if isinstance(exception, RequestDataTooBig):
        limit = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) / 1_000_000
        return _answer(request, 413, replace(TOO_MUCH, happened=TOO_MUCH.happened.format(limit=limit)))
    return _answer(request, 400, BAD_REQUEST)


def answer_forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 for who lacks a right."""
    return _answer(request, 403, FORBIDDEN)


def answer_forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a good token. Named by CSRF_FAILURE_VIEW."""
    return _answer(request, 403, FORGED)


def answer_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _answer(request, 404, NOT_FOUND)


def answer_failure(request: HttpRequest) -> HttpResponse:
    """500; the exception is logged by Django."""
    return _answer(request, 500, FAILED)


def _answer(request: HttpRequest, status: int, explanation: Explanation) -> HttpResponse:
    if request.path_info.startswith(API_PREFIX):
        return HttpResponse(_write_problem(status, explanation), status=status, content_type=PROBLEM_TYPE)
    context = {
        "explanation": explanation,
        "status": status,
        "trace_id": current_trace_id(),
        "styles": _find_styles(),
        "language": settings.LANGUAGE_CODE,
    }
    return HttpResponse(render_to_string("errors/page.html", context), status=status)


def _write_problem(status: int, explanation: Explanation) -> str:
    """The API's one shape of an error, see products.catalog.problems."""
    problem = {
        "type": "about:blank",
        "title": TITLES.get(status, explanation.title),
        "status": status,
        "detail": f"{explanation.happened} {explanation.advice}",
        "errors": [],
        "trace_id": current_trace_id(),
    }
    return json.dumps(problem, ensure_ascii=False)


def _find_styles() -> list[str]:
    """The addresses of the style sheets; without those that nobody collected, a page in plain style still says it all."""
    found = []
    for name in STYLE_SHEETS:
        with contextlib.suppress(ValueError):
            found.append(static(name))
    return found
