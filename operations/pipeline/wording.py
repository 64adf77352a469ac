"""What a run counted and how it ended, in words. Imports nothing: the desk reads it whenever a process starts."""

LABELS = {
    "products_seen": "목록의 상품",
    "products_changed": "바뀐 상품",
    "products_written": "기록한 상품 행",
    "products_skipped": "그대로인 상품",
    "products_refused": "거부한 상품",
    "details_fetched": "상세 조회",
    "posts_worked": "처리한 글",
    "posts_deleted": "실행 중에 지워진 글",
    "posts_matched": "상품이 정해진 글",
    "posts_fallback": "대체 상품을 쓴 글",
    "fallback_ratio": "대체 비율",
    "packages_built": "새로 만든 패키지",
    "packages_skipped": "그대로 둔 패키지",
    "posts_refused": "거부한 글",
    "posts_retrying": "다시 시도할 글",
    "posts_failed": "실패한 글",
    "clusters": "클러스터",
    "posts_clustered": "클러스터에 든 글",
    "links_proposed": "제안한 내부 링크",
    "links_inserted": "넣은 내부 링크",
    "links_refused": "거부한 내부 링크",
    "posts_scored": "점수를 매긴 글",
    "posts_picked": "점수로 갱신한 글",
    "posts_held_back": "비교로 남긴 글",
}
STATUS_WORDS = {"done": "완료", "refused": "완료 (거부 있음)", "failed": "실패"}
