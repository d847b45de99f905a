"""Every word of the witness's page, Chinese and English side by side; `{n:entry|entries}` as in dashboard.labels."""

# ruff: noqa: E501  (a sentence stands on one line)

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from dashboard.labels import LANGUAGES, Number

LABELS: dict[str, tuple[str, str]] = {
    "title": ("{name} · 外部见证", "{name} · outside witness"),
    "mark": ("明账 · 见证", "明账 Mingzhang · witness"),
    "skip": ("跳到正文", "Skip to content"),
    "language": ("English", "中文"),
    "answer.none": (
        "<b>{name}</b> 准备从外部见证 {n} 本账，还没有确认过任何记录。",
        "<b>{name}</b> is set up to watch {n:record|records} from outside. It has confirmed nothing yet.",
    ),
    "answer.some": (
        "<b>{name}</b> 从外部见证 {n} 本账，确认过其中 {seen} 本：记下的只增加，没有改动。",
        "<b>{name}</b> watches {n:record|records} from outside. For {seen} of them it has confirmed that what was written was only added to, never changed.",
    ),
    "answer.bad": (
        "<b>{name}</b> 从外部见证 {n} 本账。其中 <b class=\"out\">{bad} 本有问题</b>，见下面红线处。",
        "<b>{name}</b> watches {n:record|records} from outside. <b class=\"out\">{bad} of them {bad_are} in trouble</b>: see the red bars below.",
    ),
    "log.confirmed": (
        "<b>已确认前 {n} 条记录</b>，{when}（北京时间，{ago}前）。",
        "<b>Confirmed: the first {n:entry|entries}</b>, {when} (Beijing time, {ago} ago).",
    ),
    "log.nothing": (
        "<b>还没有确认过。</b>这本账还没有来请求确认。",
        "<b>Nothing confirmed yet.</b> This record has not asked so far.",
    ),
    "log.silent": (
        "此后已经 {ago}没有再来请求确认：可能停了，也可能有人不想让它看见后来的记录。",
        "It has not asked again for {ago}: it may have stopped, or somebody does not want later entries to be seen here.",
    ),
    "log.print": ("这 {n} 条记录合起来的指纹：", "Fingerprint of these {n:entry|entries} together:"),
    "log.compare": (
        "记录里改动一个字，指纹就会不同。拿它与那本账自己公布的比一比：同样条数，指纹应当一样。",
        "Change one letter in the record and the fingerprint differs. Compare it with the one the record itself publishes: for the same number of entries they must be the same.",
    ),
    "log.file": ("带签名的原件", "The signed original"),
    "log.damaged": (
        "<b>这个见证人自己存的上一次结果坏了，所以不再确认这本账。</b>它不会当作从头开始。需要人来查看：{why}",
        "<b>What this witness had stored about this record is damaged, so it confirms nothing more of it.</b> It does not start again as if nothing had been. A person has to look: {why}",
    ),
    "bad.contradiction": (
        "<b>这本账说过两种不同的话。</b>同样是 {n} 条记录，它签过两个不同的指纹。两份都有它的签名，都留着，谁都可以核对。第二份没有得到确认。",
        "<b>This record has said two different things.</b> For the same {n:entry|entries} it signed two different fingerprints. Both carry its signature, both are kept, and anyone may check them. The second was not confirmed.",
    ),
    "bad.unproved": (
        "<b>这本账给过一份 {n} 条的记录，没能证明它接着已确认的记录写下去。</b>也可能只是传送出错：随信的证明谁都可以写坏。没有确认，原件留着待查。",
        "<b>A signed state of {n:entry|entries} came without a proof that it goes on from what was confirmed.</b> It may be no more than a mistake on the way: anyone can spoil the proof that comes along. It was not confirmed, and is kept for checking.",
    ),
    "bad.request": ("收到的原件", "What came"),
    "bad.held": ("当时已确认的", "What was confirmed then"),
    "does.head": ("见证人做什么，不做什么", "What a witness does, and what not"),
    "does.1": (
        "每次确认之前，它核对：新的记录是否完整地接在上次确认过的记录之后，前面的一个字也没有改。",
        "Before each confirmation it checks that the new state goes on from the one confirmed before, with not a letter of the earlier entries changed.",
    ),
    "does.2": (
        "它记住最后一次确认的结果，写到盘上再回答；之后任何删改、缩短或另写一本，它都不会再签字。",
        "It remembers the last confirmed state, on disk before it answers. After that it signs nothing that edits, cuts or replaces what it has seen.",
    ),
    "does.3": (
        "它不看记录写的是什么，不知道一箱口罩是否真的在货架上，也不知道从来没有写下的东西。",
        "It does not look at what the entries say. It cannot know whether a box of masks is really on the shelf, nor what was never written down.",
    ),
    "does.4": (
        "它不替任何一方担保。越多互不相识的见证人确认，越难给不同的人看不同的账。",
        "It vouches for nobody. The more witnesses confirm who do not know each other, the harder it is to show different people different books.",
    ),
    "key.head": ("怎么认出它的签字", "How to recognise its signature"),
    "key.why": (
        "下面是它的公开钥匙。网页可能被人换掉，所以最好再用别的办法核对一遍，例如打电话，念最后几个字符。",
        "This is its public key. A page can be replaced by someone in between, so compare it once by another way, for example by telephone, reading out the last letters.",
    ),
    "key.policy": (
        "记账一方把这一行加进自己的见证名单：",
        "Whoever keeps a record adds this line to its list of witnesses:",
    ),
    "key.second": (
        "第二把钥匙（ML-DSA-44，防将来的量子计算机），可代替上面一把",
        "A second key (ML-DSA-44, for the day of quantum computers), to use instead of the first",
    ),
    "key.standard": (
        "格式依 C2SP tlog-witness、tlog-cosignature、tlog-policy，别家的程序也能核对。",
        "Formats are those of C2SP tlog-witness, tlog-cosignature and tlog-policy: programs that are not ours can check them.",
    ),
    "at_once": ("不到 1 分钟", "under a minute"),
    "minutes": ("{n} 分钟", "{n:minute|minutes}"),
    "hours": ("{n} 小时", "{n:hour|hours}"),
    "days": ("{n} 天", "{n:day|days}"),
}  # fmt: skip


class Words:
    """The words in one language, zh or en."""

    def __init__(self, lang: str) -> None:
        self._column = LANGUAGES.index(lang)

    def __call__(self, key: str, **facts: Any) -> Markup:
        """A sentence for HTML; facts are escaped, whole numbers get their commas."""
        numbered = {name: Number(value) if type(value) is int else value for name, value in facts.items()}
        return Markup(LABELS[key][self._column]).format(**numbered)

    def duration(self, seconds: float) -> Markup:
        """A length of time in its largest whole unit: 5 分钟, 5 minutes."""
        minutes = int(seconds // 60)
        if minutes < 1:
            return self("at_once")
        if minutes < 120:
            return self("minutes", n=minutes)
        hours = minutes // 60
        return self("hours", n=hours) if hours < 48 else self("days", n=hours // 24)
