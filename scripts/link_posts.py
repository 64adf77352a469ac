"""Korean posts that speak of each other: so many topics, each with a broad post and posts about one side of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from content.clusters.particles import read_final

KINDS = ("무선", "미니", "원목", "접이식", "대용량", "휴대용", "저소음", "방수", "스텐", "유리", "자동", "탁상")
THINGS = [
    "청소기",
    "가습기",
    "선풍기",
    "냄비",
    "의자",
    "책상",
    "텀블러",
    "믹서기",
    "밥솥",
    "공기청정기",
    "제습기",
    "다리미",
    "건조대",
    "수납장",
    "조명",
    "매트",
    "도마",
    "주전자",
    "체중계",
    "온풍기",
    "커피머신",
    "토스터",
    "정수기",
    "안마기",
    "빨래통",
    "캠핑등",
    "보온병",
    "찜기",
    "식기세트",
    "침구",
    "커튼",
    "선반",
]
SIDES = (
    "필터 관리",
    "배터리 수명",
    "소음 줄이기",
    "세척 순서",
    "보관 요령",
    "전기 요금",
    "부품 교체",
    "흔한 고장",
    "크기 고르기",
    "냄새 없애기",
    "안전 수칙",
    "설치 위치",
    "오래 쓰는 습관",
    "계절별 점검",
    "선물 포장",
    "중고 거래",
)
FILLER = (
    "집마다 쓰는 모양이 달라서 정답은 하나가 아닙니다.",
    "처음에는 낯설어도 며칠 지나면 손에 익습니다.",
    "설명서를 버리지 말고 서랍에 넣어 두면 나중에 도움이 됩니다.",
    "주말에 한 번씩 살펴보는 것만으로도 충분합니다.",
    "가족이 함께 쓰는 물건이라면 규칙을 먼저 정해 두는 편이 낫습니다.",
    "물기를 잘 닦아 두면 얼룩이 남지 않습니다.",
    "작은 차이가 쌓여서 오래 쓰는 비결이 됩니다.",
    "사진을 찍어 두면 조립할 때 헷갈리지 않습니다.",
    "아이가 있는 집에서는 손이 닿지 않는 곳에 둡니다.",
    "바람이 잘 통하는 자리를 고르는 것이 먼저입니다.",
)
PARTICLES = {True: ("을", "은", "이", "과", "의", "에서"), False: ("를", "는", "가", "와", "의", "에서")}


@dataclass(frozen=True, slots=True)
class SyntheticPost:
    """A post with its planted place: topic and whether it leads."""

    slug: str
    title: str
    body: str
    topic: int
    is_hub: bool


def make_posts(hubs: int, spokes: int, *, seed: int = 7) -> list[SyntheticPost]:
    """The posts, topic by topic, the broad one first. The same numbers give the same posts."""
    dice = random.Random(seed)  # noqa: S311
    names = [f"{kind} {thing}" for thing in THINGS for kind in KINDS]
    if hubs > len(names) or spokes > len(SIDES):
        raise ValueError(f"at most {len(names)} hubs with {len(SIDES)} spokes")
    dice.shuffle(names)
    posts: list[SyntheticPost] = []
    for topic, name in enumerate(names[:hubs]):
        sides = dice.sample(SIDES, spokes)
        titles = [f"{name} {side}" for side in sides]
        posts.append(SyntheticPost(f"topic-{topic}", f"{name} 추천", _write_hub(name, titles, dice), topic, True))
        for number, title in enumerate(titles):
            far = f"{dice.choice(names[:hubs])} {dice.choice(SIDES)}"
            body = _write_spoke(name, title, titles, far, dice)
            posts.append(SyntheticPost(f"topic-{topic}-{number + 1}", title, body, topic, False))
    return posts


def attach(words: str, dice: random.Random) -> str:
    """The words with a particle that fits their last syllable."""
    return words + dice.choice(PARTICLES[read_final(words[-1]) > 0])


def fill(dice: random.Random, sentences: int) -> str:
    """So many sentences about nothing."""
    return " ".join(dice.choice(FILLER) for _ in range(sentences))


def _write_hub(name: str, titles: Sequence[str], dice: random.Random) -> str:
    parts = [f"{name} 고를 때 볼 것을 모았습니다. {fill(dice, 3)}"]
    for title in titles:
        parts += [f"{fill(dice, 2)} {attach(title, dice)} 먼저 살피면 좋습니다. {fill(dice, 8)}", fill(dice, 10)]
    return "\n\n".join(parts)


def _write_spoke(name: str, title: str, titles: Sequence[str], far: str, dice: random.Random) -> str:
    side = title.removeprefix(f"{name} ")
    near = dice.sample([other for other in titles if other != title], min(2, len(titles) - 1))
    written = name if dice.random() < 0.6 else name.replace(" ", "")
    parts = [
        f"{side} 이야기를 적어 봅니다. {fill(dice, 2)}",
        f"{fill(dice, 3)} 처음 {attach(written, dice)} 살 때 알았더라면 좋았을 이야기입니다. {fill(dice, 6)}",
        *(f"{fill(dice, 4)} {attach(other, dice)} 함께 보면 쉽습니다. {fill(dice, 6)}" for other in near),
        f"{fill(dice, 5)} {attach(far, dice)} 떠올리는 사람도 있습니다. {fill(dice, 3)}",
        f"## {title} 정리\n\n- {fill(dice, 1)}\n- {fill(dice, 1)}\n\n{fill(dice, 6)}",
    ]
    return "\n\n".join(parts)
