"""What stands on the pages of a plan without being part of it: spans that are no measures.

Page furniture is told by the form of its line (``来源:…``, ``上一篇:…``, ``- 3 -``), never by words
alone, so that a measure about downloads or printing stays. Glossaries and footnotes: ``notes``.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from planmine.corpus.notes import Line, Span, footnotes, glossaries
from planmine.records import Exclusion

REASONS = (
    *("page_number", "page_head", "contents", "navigation", "byline", "download", "copyright"),
    *("markup", "related", "glossary", "footnote", "footnote_mark"),
)

_MARKS = " \t\r\n\f\u3000\xa0\u200b\ufeff#*>_|`~"
_LONGEST = 160  # characters of a line of furniture
_SENTENCE = re.compile(r"[。；;！!？?][”’\"』」）)】]*$")

_FIELD = (
    r"(?:(?:信息|文章|稿件|新闻|内容|文件)?来\s*源|责任编辑|责\s*编|编\s*辑|编\s*审|审\s*核|初\s*审|终\s*审|校\s*对|作\s*者"
    r"|发布(?:时间|日期|机构|单位|人|者)|(?:印发|公开|更新|录入|上传)(?:时间|日期|机关|机构)|公开(?:方式|范围|形式|程序)"
    r"|关键词|点击(?:数|率|量|次数)?|(?:浏览|阅读|访问)(?:次数|量|数)?|字\s*[号体](?:大小)?)"
)
# Rows of the card on top of a published document; in a table cells stand in place of colons.
_CARD = (
    r"(?:索\s*引\s*号|主题分类|(?:信息|组配|体裁)(?:名称|分类|类别)|(?:发文|成文|生成)(?:时间|日期|机关|机构|字号)"
    r"|发布机构|公开类别|有\s*效\s*性|文\s*号)\s*[:：|]"
)
_BYLINE = re.compile(
    rf"(?:\d{{4}}\s*[-/.年]\s*\d{{1,2}}\s*[-/.月]\s*\d{{1,2}}日?(?:\s+\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?\s*)?"
    rf"[（(【\[]?(?:{_FIELD}\s*[】\]]?\s*[:：]|{_CARD})"
)
_TOOLS = (
    r"打印(?:本页|此页|本文|文章|预览)?|关闭(?:本页|窗口|此页)?|返回(?:顶部|首页|列表|上页|上一页|目录)?|回到顶部"
    r"|分享(?:到|至)?|(?:加入)?收藏(?:本[页站文])?|(?:我要)?纠错|字[号体](?:大小)?|扫一扫(?:在手机打开当前页)?"
    r"|上一[篇页条]|下一[篇页条]|设为首页|无障碍(?:阅读)?|视力保护色|复制链接"
)
_WEAK = (
    r"首页|默认|正文|大|中|小|超大|更多|朗读|微信|微博|新浪微博|QQ空间|朋友圈|二维码|末页|尾页|第\d+页|\d+|A"
)
_TOOLBAR = re.compile(rf"(?:{_TOOLS}|{_WEAK}|[\s:：>»›|丨/·、,，+\-【】\[\]（）()])++")
_TOOL = re.compile(_TOOLS)
_NEIGHBOUR = re.compile(r"[【\[]?(?:上|下)一[篇条页](?:文章|新闻)?[】\]]?\s*[:：\s].*")
_WAY = re.compile(
    r"(?:您?(?:现在|当前|目前)?(?:的|所在)*位置|当前栏目)\s*(?:是|为)?\s*[:：].*|首页\s*(?:[>»›＞→/]+\s*+[^>»›＞→/]{1,24})+"
)
_COPYRIGHT = re.compile(
    r"ICP备|ICP证|公网安备|网站标识码|版权所有|[Cc]opyright|©|[Aa]ll [Rr]ights [Rr]eserved"
    r"|未经(?:授权|许可|同意|允许).{0,16}(?:转载|复制)|政府网站找错|^免责声明\s*[:：]?|^声明[:：]"
)
_PUBLIC = re.compile(r"[（(【]?\s*(?:此|本)?件?(?:主动|依申请|不予)?公开(?:发布)?\s*[）)】]?")
_FILE = re.compile(
    r"[^。；;]{1,90}\.(?:docx?|pdf|xlsx?|pptx?|wps|ofd|zip|rar)\s*(?:[（(\[][^）)\]]{0,24}[）)\]])?", re.I
)
_DOWNLOAD = re.compile(
    r"(?:点击|立即|免费|全文|文档|附件|文件|资料|原文|本文|模板|word|pdf)\s*(?:版)?\s*(?:免费)?下载"
    r"|下载(?:地址|链接|全文|附件|文档|本文|word|pdf|次数|提示)|将本文的.{0,12}下载|^推荐度\s*[:：]|文档为.{0,6}格式",
    re.I,
)
_ATTACHMENTS = re.compile(r"(?:相关)?附\s*件(?:下载|列表)?\s*[:：]?")
_LINK_LINE = re.compile(
    r"(?:[-+•·]?\s*!?\[[^\]\n]*\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)[\s|]*+)++"
)
_ADDRESS = re.compile(r"(?:[^，。；]{0,12}[:：]\s*)?<?(?:https?://|www\.)[^\s\u3400-\u9fff]+>?")
_MARKUP = re.compile(
    r"<!--.{0,2000}?-->|!\[[^\]\n]{0,300}\]\([^)\n]{0,500}\)"
    r"|</?(?:a|b|br|center|div|em|font|h[1-6]|hr|i|img|li|o:p|ol|p|pre|small|span|strong|sub|sup|table|tbody|td|th"
    r"|tr|u|ul)(?:\s[^<>\n]{0,300})?/?>",
    re.DOTALL | re.IGNORECASE,
)
_RELATED = re.compile(
    r"[【\[]?(?:相关(?:报道|阅读|新闻|文章|链接|稿件|文档|推荐|热词|专题)|推荐(?:阅读|文章|新闻|资讯)|延伸阅读"
    r"|热门(?:推荐|文章|新闻)|更多(?:新闻|文章|精彩内容)|猜你喜欢|精彩推荐|最新(?:文章|资讯))[】\]]?\s*(?:[:：].{0,100})?"
)
_TITLE = re.compile(
    r"(?:[-•·]|\d{1,2}[、.．])?\s*[^。；]{4,60}(?:计划|总结|方案|报告|通知|要点|意见|范文|规划|解读|图解|大全|会议|部署会|\d+篇)"
    r"(?:[（(【\[][^）)】\]]{0,20}[）)】\]]|[\s_-]*\d{2,4}[-/.年]\d{1,2}[-/.月]\d{0,2}日?|\s*\d+)?"
)
_EDITORS = re.compile(
    r"小编.{0,12}(?:整理|收集|带来|推荐|分享|准备|搜集|精心)|(?:整理|分享).{0,8}欢迎(?:大家)?(?:阅读|借鉴|参考)"
)
_LEADER = re.compile(r"[^。；]{2,60}?(?:\.{4,}|…{2,}|·{4,}|．{4,}|(?:\s\.){4,})\s*[-—]?\s*\d{1,4}\s*[-—]?")


def find_exclusions(text: str, start: int = 0, end: int | None = None) -> tuple[Exclusion, ...]:
    """Spans of ``text[start:end]`` that are no measures: disjoint, in order, with a reason of REASONS."""
    body = text[start:end]  # what stands outside must not matter
    lines = list(_lines(body))
    spans = [*glossaries(lines), *_furniture(lines), *_page_numbers(body, lines), *footnotes(body, lines)]
    if "<" in body or "![" in body:
        spans += [(m.start(), m.end(), "markup") for m in _MARKUP.finditer(body)]
    return join(((low + start, high + start, why) for low, high, why in spans), start, start + len(body))


def join(spans: Iterable[Span], start: int, end: int) -> tuple[Exclusion, ...]:
    """Spans within [start, end) as disjoint exclusions in order; of two that overlap the first stays."""
    joined: list[Exclusion] = []
    for low, high, reason in sorted(spans, key=lambda s: (s[0], -s[1])):
        low = max(low, start, joined[-1].end if joined else start)
        if low < min(high, end):
            joined.append(Exclusion(start=low, end=min(high, end), reason=reason))
    return tuple(joined)


def running_heads(pages: Sequence[str]) -> tuple[Exclusion, ...]:
    """Heads and feet that at least half of the pages (and three) repeat, in ``"\\n".join(pages)``.

    Compared without digits and white space, so that ``第3页`` and ``第4页`` are the same. The first
    page keeps its head, which may be the title.
    """
    edges: list[tuple[int, int, int, str]] = []  # page, start, end, key
    offset = 0
    for number, page in enumerate(pages):
        lines = list(_lines(page))
        ends = {id(line): line for line in (*(lines[:2] if number else []), *lines[-2:])}
        for line in ends.values():
            key = re.sub(r"\s", "", re.sub(r"\d+", "#", page[line.start : line.end]))
            edges.append((number, offset + line.start, offset + line.end, key))
        offset += len(page) + 1
    seen = Counter(key for key, _ in {(key, number) for number, _, _, key in edges})
    least = max(3, len(pages) / 2)
    spans = [(low, high, "page_head") for _, low, high, key in edges if seen[key] >= least]
    return join(spans, 0, offset)


def _lines(text: str) -> Iterator[Line]:
    position = 0
    for line in text.splitlines(keepends=True):
        words = line.strip()
        if words:
            low = position + line.index(words)
            yield Line(low, low + len(words), words.strip(_MARKS))
        position += len(line)


def _furniture(lines: Sequence[Line]) -> Iterator[Span]:
    titles = False  # within a list of related pages
    for number, line in enumerate(lines):
        reason = _reason(line.core) if len(line.core) <= _LONGEST else None
        if reason is None and titles and _TITLE.fullmatch(line.core):
            reason = "related"
        titles = reason == "related"
        if reason is None and _ATTACHMENTS.fullmatch(line.core) and number + 1 < len(lines):
            following = lines[number + 1].core
            reason = "download" if len(following) <= _LONGEST and _reason(following) == "download" else None
        if reason:
            yield line.start, line.end, reason


def _reason(core: str) -> str | None:
    """Why a line of at most _LONGEST characters is furniture, None where it is not."""
    sentence = _SENTENCE.search(core)
    if sentence and not (_COPYRIGHT.search(core) or _EDITORS.search(core)):
        return None
    if _BYLINE.match(core) and (len(core) <= 60 or core.count("：") + core.count(":") > 2):
        return "byline"
    if _TOOLBAR.fullmatch(core) and _TOOL.search(core):
        return "navigation"
    if _NEIGHBOUR.fullmatch(core) or _WAY.fullmatch(core) or _ADDRESS.fullmatch(core):
        return "navigation"
    if _FILE.fullmatch(core) or (_DOWNLOAD.search(core) and len(core) <= 80):
        return "download"
    if _LINK_LINE.fullmatch(core):
        return "navigation"
    if _COPYRIGHT.search(core):
        return "copyright"
    if len(core) >= 4 and _PUBLIC.fullmatch(core):
        return "byline"
    if _RELATED.fullmatch(core):
        return "related"
    if _EDITORS.search(core):
        return "byline"
    if _LEADER.fullmatch(core):
        return "contents"
    return None


# ---- page numbers ----

_DASHED = re.compile(r"[-—–－―·•]{1,3}\s*\d{1,3}\s*[-—–－―·•]{1,3}")
_PAGE = re.compile(
    r"(?:第\s*\d{1,4}\s*页[\s,，、/|（(]*+(?:共\s*\d{1,4}\s*页[）)]?)?[\s,，]*+)++|共\s*\d{1,4}\s*页[\s,，]*第\s*\d{1,4}\s*页"
    r"|(?:[Pp]age|PAGE|P\.)\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?"
)
_BARE = re.compile(r"\d{1,3}")
_UNIT = re.compile(
    r"[个座处条件项家人户名次场台辆套组支批期所间栋幢块片株棵亩米吨年月日号时分秒元度天周岁%％‰万亿千百余多]|公里|公顷|平方|立方"
)
_APART = 150  # characters at least from one page number to the next


def _page_numbers(text: str, lines: Sequence[Line]) -> Iterator[Span]:
    """Numbers alone on a line: with dashes or 第…页, in a series, or between two hard-wrapped lines."""
    bare: list[int] = []
    for number, line in enumerate(lines):
        words = text[line.start : line.end] if line.end - line.start <= 40 else ""
        if _DASHED.fullmatch(words) or _PAGE.fullmatch(words):
            yield line.start, line.end, "page_number"
        elif _BARE.fullmatch(words):
            bare.append(number)
    if not bare:
        return
    width = statistics.median([len(line.core) for line in lines if len(line.core) > 15] or [0])
    for place, number in enumerate(bare):
        near = [bare[p] for p in (place - 1, place + 1) if 0 <= p < len(bare)]
        if any(_next_page(lines[number], lines[other]) for other in near) or _wrapped(lines, number, width):
            yield lines[number].start, lines[number].end, "page_number"


def _next_page(a: Line, b: Line) -> bool:
    apart = b.start - a.end if b.start > a.start else a.start - b.end
    return int(b.core) - int(a.core) == (1 if b.start > a.start else -1) and apart >= _APART


def _wrapped(lines: Sequence[Line], number: int, width: float) -> bool:
    if not 0 < number < len(lines) - 1:
        return False
    before, after = lines[number - 1].core, lines[number + 1].core
    full = len(before) > 15 and 0.8 * width <= len(before) <= 80
    goes_on = not _SENTENCE.search(before) and not before.endswith(("：", ":"))
    return full and goes_on and bool(re.match(r"[\u3400-\u9fff]", after)) and not _UNIT.match(after)
