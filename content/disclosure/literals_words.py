"""The words around an amount that decide what it is: the boundary rules of each kind, as patterns."""

import re

from content.disclosure.literals_amounts import AMOUNT, DIGITS, SINO, UNITS


def look_back(words: str, *, between: str = "", adverbs: str = "", is_whole: bool = False) -> re.Pattern[str]:
    """A pattern for what stands before an amount, to be matched against that text REVERSED, which is many times quicker.

    words, between, adverbs: alternatives joined by "|"; a word, then up to three of `between` or blanks, then an adverb.
    is_whole: no Hangul before the word.
    """
    gap = rf"(?:\s|{_reverse(between)}){{0,3}}" if between else r"\s?"
    adverb = rf"(?:\s?(?:{_reverse(adverbs)}))?" if adverbs else ""
    return re.compile(
        rf"\s?{adverb}{gap}(?P<word>{_reverse(words)})" + (r"(?![가-힣0-9])" if is_whole else "(?![0-9])")
    )


def _reverse(alternatives: str) -> str:
    return "|".join(re.escape(word[::-1]) for word in sorted(alternatives.split("|"), key=len, reverse=True))


JOIN = r"\s?[~∼〜–—-]\s?"
_NO_LETTER = r"(?![A-Za-z])"
WON = rf"(?:원|(?:(?:Korean )?[Ww]on|WON|KRW){_NO_LETTER})"
_CODES = "USD|EUR|JPY|CNY|GBP|RMB|AUD|CAD|HKD|SGD|TWD|THB|CHF"
COINS = rf"(?:(?:미국 ?|홍콩 ?|대만 ?|호주 ?|캐나다 ?|싱가포르 ?)?달러|유로|엔|위안|파운드|불|바트|(?:{_CODES}|(?:US )?dollars?|bucks?|euros?|yen|yuan|cents?){_NO_LETTER}|[円元]|(?<!\n)[$₩€£¥](?!\s?[0-9]))"
SIGNS = rf"(?:₩|US \$|(?:US|CA|AU|HK|NT|NZ|C|A|S)?\$|€|£|¥|KRW|{_CODES}|WON|won|Won|[Ww](?=[0-9]{{1,3}},[0-9]{{3}}))"
SIGNS_HEAD, SIGNS_REST = (
    "[KUEJCGRWwAHNST]",
    r"(?:RW|SD|UR|PY|NY|BP|MB|UD|AD|KD|GD|WD|HB|HF|ON|on|[0-9]{1,3},[0-9]{3}|[SAUKTZ]? ?\$)",
)
PERCENT = r"(?:%(?![pP])|퍼센트|프로(?![가-힣A-Za-z])|프로(?=할인|세일|인하|적립|캐시백|쿠폰|페이백|나|까지|씩|를|정도|이상)|percent(?![A-Za-z]))"
_UNIT_NAME = (
    r"(?:kg|mg|g|ml|mL|ML|l|L|ℓ|cc|cm|m2|m²|m|km|oz|lb|pcs?|ea|EA|each|piece|개월|개입|개|장|매|포|팩|박스|병|캔|회|인|명|일|월|년|시간|분|평|롤|"
    r"켤레|알|정|송이|봉지|봉|권|세트|박|잔|줄|마리|묶음|캡슐|판|근|단|통|쪽|벌|대|month|mo|year|yr|week|day|night|person|sheet|unit|item|pack|box|bottle|can)"
)

NUMBER = re.compile(
    rf"(?P<sign>{SIGNS})\s?(?P<signed>[0-9]{{1,3}}(?:\.[0-9]{{3}})+,[0-9]{{2}}(?![0-9])|[0-9]+,[0-9]{{2}}(?![0-9])|{AMOUNT})(?P<to>{JOIN}(?:{SIGNS}\s?)?{AMOUNT})?(?:\s?원)?"
    rf"|(?P<amount>{AMOUNT})여?(?:\s?(?P<percent>%?{JOIN}{DIGITS}\s?{PERCENT}|{PERCENT})"
    rf"|(?P<low_mark>\s?(?:{WON}대?|{COINS}))?{JOIN}(?P<high>{AMOUNT})여?\s?(?P<range_mark>{WON}|{COINS})"
    rf"|\s?(?P<mark>{WON}|{COINS}))?"
)
"""Whatever may be an amount of money or a share. An amount without a mark is money only by its surroundings."""
_NUMERAL = f"{SINO}{UNITS}"
BEGINNING = re.compile(
    rf"[0-9₩$€£¥{_NUMERAL}A-Zw]"
    rf"(?:(?<=[0-9₩$€£¥])|(?<=[{_NUMERAL}])(?=[{_NUMERAL}0-9, ]{{0,24}}(?:원|달러|엔|위안|유로|바트))|(?<=[A-Zw])(?<={SIGNS_HEAD})(?={SIGNS_REST}))"
)
"""Where a NUMBER may begin: a search that passes by the other letters quickly."""

# What may follow 원 when it is the currency: the end of a word, a particle, or a word of buying. Not 원칙, 3원색, 10원소.
AFTER_WON = re.compile(
    r"(?![가-힣])|[이은을의에으도만과까부선짜쯤남씩꼴밖인일입였예요임할쿠적상차돈주내넘미안언하했들초중후특핫세결판구득뿐처같컷추즉중무]"
    r"|[쓰썼냈낸받벌굳든팔찍]|나(?![무물])|아[끼꼈]|원(?![가-힣])|절약|마저|한[다대]|딜|땡|파격|역대|최[저종]|[줬졌]|가량|가까|가격|가지|대(?![학리])|정도|정\b|아[래니]|위(?![치원])|보다|전후|어치|어\b|행사|마다|페이백|캐시백|포인트|청구|권|로\b|당\b|당시|와\b|더|현금|카드|와|이내|낮|높|싸|비싸|깎|올|내|줄|아끼|절약|배송|택배|균일|기준|조차|라|면|랑|OFF"
)
NOT_WON = re.compile(
    r"원(?:인분석|을지로|주율|주시|미구|전사고|정경기|정대|위치|초적|이름|인을|의자|내과|상복구| 방정식| 생중계| 체제| 구성|형|목|칙|룸|소|색|화|도심)"
)
COIN_WORD = {
    "달러": r"(?!샵|숍|화|박|인덱스)", "유로": r"(?!파|존|화|운|비|스타|컵|팝)",
    "엔": r"(?![진딩터지드트젤씨비오코])", "위안": r"(?!부(?!터)|거리|화|소)",
    "불": r"(?![고가량편판꽃빛교필과만안닭장법소])",
    "파운드": r"(?=에|짜리|로|였|이었|를 |입|이에|예)",
}  # fmt: skip
AFTER_COIN = {word: re.compile(pattern) for word, pattern in COIN_WORD.items()}

MODIFIERS = (
    r"(?:추가|중복|즉시|바로|자동|특별|단독|카드|앱|회원|신규|첫 ?구매|장바구니|청구|정기|멤버십|스토어|상품|더|최대|깜짝|타임|한정|전용|기본|"
    r"시즌|봄|여름|가을|겨울|오픈|기념|사전|예약|번들|묶음|세트|선착순|쿠폰|플러스|전 ?품목|생일|폭탄|파격|균일|가격|주말|당일|즉석|신상|빅|리뷰|재구매|임직원|학생|얼리버드)"
)
_LINK = r"(?:\s?(?:이상|가까이|넘게|정도|까지|가량|씩|이나|나|대|를|을|의|짜리)(?=\s|할|세|인|쿠|적|추|즉|중))?"
_CUT = r"(?:할인(?![점마매])|세일(?![러즈])|인하(?![대공])|디씨|다운(?![로로])|(?:D/?C|d/?c|OFF|[Oo]ff|SALE|[Ss]ale|discount|markdown)(?![A-Za-z]))"
_SAVED = r"(?:적립금?|캐시백|페이백|환급|리워드)"
_COUPON = r"쿠폰(?![북함집]|번호|코드)"

SHARE_TAIL = re.compile(
    rf"(?P<coupon>{_LINK}\s?(?:(?:{MODIFIERS}\s?){{1,3}}|[가-힣A-Za-z]{{0,7}}[가-힣A-Za-z](?<![은는을를면고서에도이])\s?)?{_COUPON}| ?coupon\b| promo code\b)"
    rf"|(?P<discount>{_LINK}\s?(?:{MODIFIERS}\s?){{0,2}}(?:(?:[가-힣]{{0,6}}(?:페이|카드|회원|고객|구매|결제|가입|멤버스)\s?)?{_CUT}|싸게|저렴하게|저렴(?=[한합해하])|싼(?![가-힣])|쌉니다|싸[요다])|\s?[↓▼]| price (?:cut|drop)\b)"
    rf"|(?P<benefit>{_LINK}\s?(?:{MODIFIERS}\s?|(?:네이버|페이|포인트|마일리지|멤버십)\s?){{0,2}}{_SAVED}| ?[Cc]ash ?back\b)"
)
AMOUNT_TAIL = re.compile(
    r"(?P<coin>\s?(?:짜리\s?)?(?:동전|지폐|주화|은화|백동|크기|만 ?한 (?:크기|점|얼룩|동전))|권(?![가-힣]|을 사)|권(?=[을이은도만에으짜 ]))"
    r"|(?P<approx>대(?![비신금출여략체량형표학기중])(?:\s?(?:초반|중반|후반|초중반|중후반))?|\s대(?=[의로에가를는도 ,.!?]|$)"
    r"|\s?(?:초반|중반|후반|초중반|중후반)(?:\s?대(?![비신금출여략체량형표학기중]))?|\s?(?:이하|이상(?!하|한)|미만|초과|이내|내외|안팎)"
    r"|\s?선(?=이|입|임|인|에|으로|까지|을|의|은|도|[\s,.!?()]|$)(?!이[유])| or (?:less|more|under|over|below|so)\b| and (?:up|under|over|below)\b|-ish\b)"
    rf"|(?P<unit_price>\s?/\s?(?:[0-9]+\s?)?{_UNIT_NAME}(?![A-Za-z])"
    r"| (?:per|a|an|for every) (?:[0-9]+ ?)?(?!lot|few|bit|bargain|steal|good|great|deal|little|month ago)[a-z]+)"
    rf"|(?P<coupon>(?:짜리)?\s?(?:{MODIFIERS}|할인|\s[가-힣]{{1,7}}(?<![은는을를면고서에도이상하내만과시])(?=\s?쿠폰))?\s?(?:할인\s?)?{_COUPON}| coupon\b| voucher\b)"
    rf"|(?P<discount>(?:\s?(?:이나|씩|을|를|정도|까지|가량|더)(?=\s|할|세))?\s?(?:{MODIFIERS}\s?){{0,2}}{_CUT}(?!가|\s?(?:판매|특가|상품|행사가)))"
    rf"|(?P<benefit>(?:\s?(?:이나|씩|을|를|까지))?\s?(?:{MODIFIERS}\s?|(?:네이버|페이|포인트|마일리지)\s?){{0,2}}(?:{_SAVED}|포인트)| cash ?back\b)"
)

LEFT_COUPON = look_back("쿠폰", adverbs="최대")
LEFT_BENEFIT = look_back("적립금|포인트|캐시백|페이백|적립|마일리지|적립률", adverbs="최대", is_whole=True)
LEFT_SHARE = look_back(
    "할인율|할인폭|할인|세일|SALE|Save|save|Saves|saves|Saved|saved|Discount|discount|↓|▼",
    between="은|이|도|가|:|of|up to|an extra",
    adverbs="최대|무려",
)
LEFT_SAVE = look_back(
    "Save|save|SAVE|Saves|saves|Saved|saved|Saving|saving", between="up to|an extra|over|about", is_whole=True
)
LEFT_UNIT = re.compile(
    r"(?:(?<![가-힣0-9])(?:[0-9][0-9,.]*|[한두세네열반]|다섯|여섯)\s?)?(?:[A-Za-zℓ㎡]{1,5}[0-9²]?|[가-힣]{1,5})\s?당\s?:?\s?(?:(?:가격|단가)[은이]?\s)?(?:(?:약|평균|단|겨우|최대|대략|불과|고작|무려)\s?)?\Z"
)
NOT_UNIT = re.compile(r"(?<![0-9])(?:담|해|식|배|상|부|정|적|합|타|마땅|수|일|명|성|강|서|전|무|악|할)당\s*\S*\s*\Z")
LEFT_PRICE = look_back(
    "최저가|특가|핫딜|땡처리|가격|정가|할인가|판매가|구매가|행사가|쿠폰가|체감가|세일가|공식가|직구가|출고가|소비자가|회원가|이벤트가|적용가|혜택가|단돈|값|배송비|배송료|택배비|금액",
    between="으로|이라|은|는|이|가|도|로|에서|에|:|=|→|(원)",
    adverbs="약|단|무려|딱|겨우|고작|현재|지금",
)
RIGHT_BOUGHT = re.compile(
    r"에\s?(?:샀|구매|득템|겟|살\b|사서|사고|샀|팔|판매|구입|건졌|데려|결제|주문|모셔|구했|풀렸|나왔|올라)|\s?\(원\)|에?\s?\(?무(?:배|료\s?배송)"
)
COUNTERS = re.compile(
    r"여?\s?(?:명|개|건|대(?![의로에가를는도 ]|초|중|후)|번|회|시간|km|걸음|보(?!다)|곳|장|마리|권|년|살|세|팔로|구독|관객|조회|뷰|화소|톤|평|리터|ml|mAh|킬로|미터|분|초\b|점|표|배(?!송)|가지|종|병|팩|매|부(?!터)|줄|자|인(?![데가지걸듯])|호|위|%|℃|도\b|kg|g|L|시|일|월|층|벌|쌍|켤레|그루|송이|포인트|P|[A-Za-z0-9])"
)

# Money that is no offer: wages, turnover, fines, gifts of money, rents, rates of exchange.
LEFT_NOT_OFFER = look_back(
    "매출|매출액|영업이익|순이익|손실|적자|흑자|수익|수익금|연봉|월급|시급|일당|주급|급여|임금|수당|성과급|퇴직금|연금|벌금|과태료|범칙금|추징금|위약금|"
    "합의금|위자료|상금|당첨금|축의금|부의금|조의금|세뱃돈|용돈|기부|기부금|후원금|성금|모금액|투자|투자금|투자액|대출|대출금|빚|부채|적금|예금|저축|"
    "자본금|재산|자산|시가총액|월세|전세|전세금|보증금|임대료|전셋값|집값|분양가|환율|예산안|세금|소득세|재산세|소득|보조금|지원금|장학금|등록금|보험금|"
    "피해액|복권|제작비|개런티|몸값|이적료|주가|알바비|부조|부조금|공시지가|소송액",
    between="으로|만|은|는|이|가|을|를|로|도|의|에|:",
    adverbs="약|총|무려|최대|최소|연|월|또|각각|평균|최고",
)
LEFT_NOT_OFFER_ENGLISH = re.compile(
    r"\b(?:fined|fines? of|earn(?:s|ed|ing)?|rais(?:es|ed|ing)|salary(?: of| is| was)?|donat(?:es|ed|ing)|revenue of|worth of damage)"
    r"(?: (?:about|around|over|nearly|up to|almost))? ?\Z",
    re.IGNORECASE,
)
LARGE_ENGLISH = re.compile(r"(?: |-)?(?:million|billion|trillion|mln|bln|bn|mn)\b", re.IGNORECASE)
RIGHT_NOT_OFFER = re.compile(
    r"(?:대|여|가량|정도|규모|상당|이상|짜리)?(?:의|을|를|이|가|에|으로)?\s?(?:규모|매출|벌금|과태료|범칙금|상금|연봉|월급|시급|일당|기부|후원금|장학금|투자|대출|적금|빚|당첨|세금|축의금|부의금|용돈|세뱃돈|월세|전세|보증금|환율|지원금|보조금|횡령|사기|모금|손해|피해|손실|흑자|적자|시대)"
)
LEFT_RATE = re.compile(
    r"(?:(?<![0-9,])(?:1|10|100|1,000)\s?(?:달러|유로|엔|위안|불|USD|파운드)|(?<![0-9가-힣])(?:달러|엔화?|유로화?|위안화?))\s?(?:당|에|=|는|은|이|가)?\s?(?:약\s?)?\Z"
)
FOREIGN = re.compile("달러|엔|유로|위안|불|USD|파운드")
RIGHT_RATE = re.compile(r"\s?(?:당|에|=|는|은)\s?(?:약\s?)?[0-9][0-9,.]*\s?원")

# 만원 is also "full up": a full bus, a sold-out house.
FULL_RIGHT = re.compile(
    r"\s?(?:버스|지하철|열차|전철|전동차|기차|관중|관객|사례|승객|엘리베이터|인파|행렬|상태|좌석|극장|객석|객차|차량|출근|퇴근|승강기|식당|카페|주차장)|"
    r"(?:을|이)?\s?이루|이? ?되[어자면]"
)
FULL_LEFT = re.compile(
    r"(?:석|버스|지하철|열차|전철|극장|공연장|경기장|구장|주차장|식당|카페|객차|엘리베이터|승강기|호텔|숙소|캠핑장|수영장|영화관|행사장|대기실|병실|기숙사|도서관|찜질방|노선|차량|칸|홀|강당|좌석|객석|연일|매진|매회|공연|콘서트|강의|체육관|전시장|맛집|가게|매장|기차|비행기|헬스장|교실|독서실)"
    r"(?:이|가|은|는|도|마다|까지|모두|전부)?\s?(?:(?:늘|항상|이미|벌써|또|연일|거의|완전|꽉|금세|금방|매일|모두|전부)\s?)?\Z"
)
FULL_ENDING = re.compile(r"(?:이|입|일|인|이었|이라|이에|이네|이던|$|[\s.,!?])")

NAMED_FOR_MONEY = re.compile(r"의 ?(?:행복|아침밥|기적)")
"""만원의 행복, 천원의 아침밥: names of programmes. With a number before it (3만원의 행복) it is a price."""

ROUND = re.compile(r"[1-9][0-9]{3,5}0")
"""Plain digits that may be a price: of five to seven, the last a zero."""
HANGUL_LED = re.compile(rf"[{SINO}{UNITS}]")
GLUE = re.compile(
    r"(?:단돈|가격|정가|할인가|값이|값|판매가|가격은|가격이|특가|최저가|약|총|겨우|무려|최대|각|고작|달랑|불과|에|은|는)\Z"
)
SAVED_OTHER = re.compile(
    r" (?:of |more |less )?(?:the |your |its |our )?(?:energy|electricity|power|time|space|water|battery|memory|fuel|gas|bandwidth|storage|effort|weight|data)\b"
)
VAGUE = re.compile(r"(?:몇|수|여러)\s?\Z")
WON_VERB = re.compile(
    r" (?:the|a|an|medals?|prizes?|awards?|games?|match(?:es)?|seats?|their|his|her|against|gold|first|votes?)\b"
)
WON_AHEAD = re.compile(r"(?:for|at|of|about|only|just|is|are|costs?|price|priced|around|under|over|pay|paid|:)\s?\Z")
