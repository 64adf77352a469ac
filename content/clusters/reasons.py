"""Why a link is refused, and why one is wanted: codes and what an editor reads."""

REFUSALS = {
    "no_anchor": "본문에 연결할 낱말이 없음",
    "self": "자기 글",
    "pair": "이미 연결됨",
    "page_cap": "글 길이에 맞는 링크 수를 넘음",
    "paragraph": "문단에 이미 링크가 있음",
    "place": "링크를 넣지 않는 자리(제목, 표 머리, 링크, 코드, 고지, 구매 버튼)",
    "first_sentences": "글의 첫 문장들",
    "not_live": "게시된 글이 아님",
    "not_whole_word": "낱말의 일부",
    "anchor_shared": "같은 낱말이 다른 글의 것",
    "anchor_share": "그 글로 오는 링크에 같은 낱말이 너무 많음",
    "cross_cap": "다른 클러스터로 가는 링크가 이미 있음",
    "near_cap": "가까운 글로 가는 링크가 충분함",
    "depth": "허브에서 닿지 않거나 너무 멂",
    "blocked": "편집자가 막음",
    "text_changed": "넣으면 보이는 글이 달라짐",
    "edited": "그사이 글이 고쳐짐",
    "being_edited": "다른 사람이 편집 중",
    "gone": "글이 없어짐",
    "save_failed": "저장하지 못함",
}
"""Code of a refusal and its Korean name."""

RULES = {
    "pin": "편집자 고정",
    "orphan": "들어오는 링크가 없는 글",
    "hub_up": "스포크에서 허브로",
    "hub_down": "허브에서 스포크로",
    "near": "가까운 스포크",
    "cross": "다른 클러스터의 가까운 글",
}
"""Code of the rule that asked for a link and its Korean name; in the order in which they are served."""

COUNTED = frozenset({"self", "pair"})
"""Refusals of which nobody has to hear one by one: they have a number and no rows."""
CONFLICTS = frozenset({"edited", "being_edited", "gone", "save_failed"})
"""Refusals that only show when a batch is applied or undone."""
