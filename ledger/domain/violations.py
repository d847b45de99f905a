"""Violations: what a rule says when a command may not be written. Errors are values, all returned at once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

# One sentence per rule, English and Chinese. `{field}` is the body key that broke it.
MESSAGES: dict[str, tuple[str, str]] = {
    "shape": ("{field}: {why}", "{field}：{why}"),
    # shape: what a single value must be
    "missing": ("{field}: it is missing", "{field}：缺这一项"),
    "unknown_key": ("{field}: there is no such key here", "{field}：这里没有这个键"),
    "not_text": ("{field}: it must be text", "{field}：要写文字"),
    "not_integer": (
        "{field}: it must be a whole number, written without quotes or a fraction",
        "{field}：要写整数，不加引号，没有小数",
    ),
    "not_boolean": ("{field}: it must be true or false", "{field}：要写 true 或 false"),
    "not_list": ("{field}: it must be a list", "{field}：要写一个列表"),
    "not_object": ("{field}: it must be an object with keys", "{field}：要写一个带键的对象"),
    "not_listed": ("{field}: it must be one of {wanted}", "{field}：要从这些里选：{wanted}"),
    "too_small": ("{field}: it must be at least {least}", "{field}：不能小于 {least}"),
    "too_great": ("{field}: it must be at most {most}", "{field}：不能大于 {most}"),
    "too_short": ("{field}: it may not be empty", "{field}：不能空着"),
    "too_long": ("{field}: it may hold at most {most} characters", "{field}：最多 {most} 个字"),
    "too_few": ("{field}: at least {least} are needed", "{field}：至少要有 {least} 个"),
    "too_many": ("{field}: at most {most} are allowed, so split it", "{field}：最多 {most} 个，要拆开"),
    "not_nfc": ("{field}: text must be in Unicode normal form NFC", "{field}：文字要用 Unicode 的 NFC 形式"),
    "refused_character": (
        "{field}: text may not hold the character {character}",
        "{field}：文字里不能有字符 {character}",
    ),
    "name_wanted": ("{field}: a name in zh or en is needed", "{field}：名称至少要有 zh 或 en"),
    "bad_code": (
        "{field}: it must be a code of 1 to 40 letters, digits, dots, dashes or underscores, like C01",
        "{field}：要写代码：1 到 40 个字母、数字、点、横线或下划线，例如 C01",
    ),
    "bad_gift": (
        "{field}: it must be a gift code of 4 to 24 digits, capital letters or dashes, like 2026-00417-6",
        "{field}：要写捐赠编号：4 到 24 个数字、大写字母或横线，例如 2026-00417-6",
    ),
    "bad_entry_id": (
        "{field}: it must be the id of an entry, a version 7 or 8 UUID in lower case",
        "{field}：要写记录的编号：小写的 UUID，第 7 或第 8 版",
    ),
    "bad_lot_id": (
        "{field}: it must be a lot id like <uuid>#0: the id of the entry that made it, # and its line",
        "{field}：要写批的编号，例如 <uuid>#0：建批的记录编号、# 和行号",
    ),
    "bad_hex": ("{field}: it must be 64 lowercase hex digits", "{field}：要写 64 位小写十六进制数"),
    "bad_admin_code": (
        "{field}: it must be an administrative code of 6 to 12 digits",
        "{field}：要写 6 到 12 位数字的行政区划代码",
    ),
    "bad_gtin": ("{field}: it must be a GTIN of 8 to 14 digits", "{field}：要写 8 到 14 位数字的 GTIN"),
    "bad_origin": (
        "{field}: it must be the name of a log in 1 to 200 characters, without spaces and plus signs",
        "{field}：要写日志的名称：1 到 200 个字符，没有空格和加号",
    ),
    "bad_vkey": (
        "{field}: it must be a verifier key like <name>+<8 hex digits>+<base64>",
        "{field}：要写验证公钥，例如 <名称>+<8 位十六进制>+<base64>",
    ),
    "bad_base64": (
        "{field}: it must be {size} bytes in standard base64, with padding and in its one spelling",
        "{field}：要写 {size} 字节的标准 base64，带补位，只有一种写法",
    ),
    "bad_key_id": (
        "{field}: it must be the id of a key in 16 lowercase hex digits",
        "{field}：要写钥匙的编号：16 位小写十六进制数",
    ),
    "bad_instant": (
        "{field}: it must be an instant like 2026-03-12T06:30:00.000Z",
        "{field}：要写时刻，例如 2026-03-12T06:30:00.000Z",
    ),
    "bad_time_zone": (
        "{field}: it must be a time zone like Asia/Shanghai",
        "{field}：要写时区，例如 Asia/Shanghai",
    ),
    "bad_day": (
        "{field}: it must be a day of the calendar like 2026-03-12",
        "{field}：要写日期，例如 2026-03-12",
    ),
    "bad_expiry": (
        "{field}: it must be a day like 2027-03-31, or unmarked where nothing is printed",
        "{field}：要写日期，例如 2027-03-31；没印的写 unmarked",
    ),
    "bad_occurred": (
        "{field}: it must be an instant like 2026-03-12T06:30:00.000Z, a day like 2026-03-12 or two days"
        " joined by /, in the years 1900 to 2999",
        "{field}：要写时刻（2026-03-12T06:30:00.000Z）、日期（2026-03-12）或用 / 连起来的两个日期，"
        "年份 1900 到 2999",
    ),
    "ends_before": ("{field}: it ends before it begins", "{field}：结束早于开始"),
    "bad_actor": (
        "{field}: it must be an object with exactly role and place",
        "{field}：要写一个对象，只有 role 和 place 两项",
    ),
    "bad_sig": (
        "{field}: it must hold exactly alg, key and value, each as at most 400 printable ASCII characters",
        "{field}：只有 alg、key、value 三项，每项最多 400 个可见的 ASCII 字符",
    ),
    "bad_version": (
        "{field}: this version writes entries of version 1 only",
        "{field}：本版本只写第 1 版的记录",
    ),
    # the book
    "unknown_kind": ("kind: {kind} is not a kind of this version", "kind：本版本没有 {kind} 这一种记录"),
    "too_large": (
        "{field}: the entry is {size} bytes; at most 60,000 are allowed, so split it",
        "{field}：这条记录有 {size} 字节，最多 60,000，要拆开",
    ),
    "book_first": (
        "kind: the first entry, and only the first, is BookOpened",
        "kind：第一条记录是 BookOpened，也只有第一条是",
    ),
    "no_place": ("{field}: place {code} is not registered", "{field}：地点 {code} 没有登记"),
    "same_status": (
        "status: {code} is {status} on {day} already",
        "status：{code} 在 {day} 已经是 {status}",
    ),
    "into_wanted": (
        "into: it must name the place that a merged place goes into",
        "into：并入别处的地点要写并入哪里",
    ),
    "into_unwanted": ("into: only a merged place goes into another", "into：只有并入别处的地点才写这一项"),
    "into_itself": ("into: {code} cannot be merged into itself", "into：{code} 不能并入自己"),
    "into_merged": (
        "into: {code} is itself merged into another place on {day}",
        "into：{code} 在 {day} 自己已并入别处",
    ),
    "no_area": (
        "area: {code} is neither a registered district or street office nor an administrative code of 6 to 12"
        " digits",
        "area：{code} 不是登记过的区或街道，也不是 6 到 12 位数字的行政区划代码",
    ),
    "same_level": (
        "level: {code} is at level {level} on {day} already",
        "level：{code} 在 {day} 已经是 {level} 级",
    ),
    "no_response": (
        "level: no response of {code} is recorded on {day}, so none can end",
        "level：{code} 在 {day} 没有应急响应，不能结束",
    ),
    "no_item": ("{field}: item {code} is not registered", "{field}：物资 {code} 没有登记"),
    "no_party": ("{field}: party {code} is not registered", "{field}：捐赠方 {code} 没有登记"),
    "no_lot": ("{field}: lot {lot} is not in the book", "{field}：账上没有批 {lot}"),
    "no_entry": ("{field}: entry {id} is not in the book", "{field}：账上没有记录 {id}"),
    "wrong_kind": (
        "{field}: entry {id} is a {kind}, not a {wanted}",
        "{field}：记录 {id} 是 {kind}，不是 {wanted}",
    ),
    "keeps_no_stock": (
        "{field}: place {code} keeps no stock in this book",
        "{field}：{code} 在这本账里不存货",
    ),
    "wrong_place": (
        "{field}: {code} is not where the dispatch went ({to})",
        "{field}：{code} 不是这次调拨的去处（{to}）",
    ),
    "same_place": ("to: a transfer goes to another place", "to：调拨要去另一个地点"),
    "asks_itself": ("to: {code} asks another place, not itself", "to：{code} 要向别处申领，不是向自己"),
    "needed_before": (
        "needed_by: the goods are asked for on {day}, and cannot be needed before",
        "needed_by：申领日是 {day}，需要的日期不能更早",
    ),
    "request_of_other": (
        "{field}: request {id} is of {of}, not of {code}",
        "{field}：申领 {id} 是 {of} 的，不是 {code} 的",
    ),
    "not_requested": (
        "{field}: request {id} does not ask for item {code}",
        "{field}：申领 {id} 没有要物资 {code}",
    ),
    "taken_back": ("{field}: entry {id} was taken back", "{field}：记录 {id} 已撤回"),
    "request_wanted": (
        "{field}: only what was asked for can be refused; name the request",
        "{field}：申领过的才谈得上不给，要写明是哪次申领",
    ),
    "refusal_wanted": (
        "{field}: where nothing is given, say why",
        "{field}：一点不给的，要写原因",
    ),
    "no_share": (
        "{field}: decision {id} gives {code} nothing of item {item}",
        "{field}：分配 {id} 没有给 {code} 物资 {item}",
    ),
    "below_zero": (
        "{field}: the book has {have} of this at {place} ({account}); {need} are needed, {short} more",
        "{field}：{place} 账上只有 {have}（{account}），要 {need}，还差 {short}",
    ),
    "lot_wanted": (
        "{field}: item {code} needs lot_number and expiry (write unmarked where nothing is printed)",
        "{field}：物资 {code} 要写批号和有效期，没印的写 unmarked",
    ),
    "lot_unwanted": (
        "{field}: item {code} has no lot or expiry; leave lot_number and expiry out",
        "{field}：物资 {code} 没有批号和有效期，不要写",
    ),
    "unmarked_usable": (
        "{field}: goods without lot number or expiry cannot be usable before they are inspected",
        "{field}：没有批号或有效期的货，检查前不能算可用",
    ),
    "duplicate_line": ("{field}: {lot} stands in two lines", "{field}：{lot} 写了两行"),
    "counted_twice": (
        "{field}: item {code} is counted both as a whole and by lot; do one of them",
        "{field}：物资 {code} 既整个盘又按批盘，只能选一种",
    ),
    "certificate_wanted": (
        "certificate: goods that were destroyed need the number of their certificate",
        "certificate：销毁要写证明的编号",
    ),
    "gift_of_other": (
        "gift: {gift} belongs to another party's gift",
        "gift：编号 {gift} 是别人的捐赠",
    ),
    "unit_changed": (
        "base_unit: item {code} is counted in {unit}; another unit is another item, with a code of its own",
        "base_unit：物资 {code} 按 {unit} 记数；换了单位就是另一种物资，要另用代码",
    ),
    "wrong_share": (
        "lines: the outputs must be shared among the gifts as {wanted}, in whole units by largest remainder",
        "lines：换出的数要按捐赠分成 {wanted}，整数、最大余数法",
    ),
    "conversion_sides": (
        "lines: a conversion needs at least one lot line that goes in and one item line that comes out",
        "lines：转换至少要有一行换入（lot）和一行换出（item）",
    ),
    "not_in_dispatch": (
        "{field}: of lot {lot}, {have} are on the way in dispatch {id}, not {need}",
        "{field}：调拨 {id} 在途的批 {lot} 是 {have}，不是 {need}",
    ),
    "dispatch_wanted": (
        "{field}: a line with a lot comes off a dispatch; name it in dispatch, or write item and quantity",
        "{field}：按批收货要在 dispatch 写明是哪次调拨，不然写 item 和 quantity",
    ),
    "state_wanted": (
        "{field}: lot {lot} left in more than one state ({states}); name the state of this line",
        "{field}：批 {lot} 发出时有几种状态（{states}），这一行要写明 state",
    ),
    "reversed_twice": ("reverses: entry {id} was reversed before", "reverses：记录 {id} 已经冲红过"),
    "reversal_of_reversal": ("reverses: a reversal cannot be reversed", "reverses：冲红记录不能再冲红"),
    "not_reversible": (
        "reverses: a {kind} is superseded by registering, setting or changing it again, not reversed",
        "reverses：{kind} 要重新登记、设置或更改来替代，不能冲红",
    ),
    "not_undone": (
        "reverses: a {kind} cannot be undone",
        "reverses：{kind} 不能撤回",
    ),
    "not_covered": (
        "covered_by: entry {id} is not the last count at {place} of every lot of this movement",
        "covered_by：记录 {id} 不是 {place} 对这些批的最近一次盘点",
    ),
    "correction_alone": (
        "correction: entry {id} is not the first of this transaction",
        "correction：{id} 不是这笔更正的第一条",
    ),
    "parent_cycle": ("parent: {code} would be above itself", "parent：{code} 会成为自己的上级"),
    "unshown_outside_archive": (
        "{field}: source unshown is for archive books only",
        "{field}：来源 unshown 只用于档案账",
    ),
    # keys and signatures
    "weak_key": (
        "{field}: this is not a public key that only its owner can sign with",
        "{field}：这把公钥不可靠，别人也能用它签名",
    ),
    "key_of_other": (
        "{field}: the id of this public key is {wanted}",
        "{field}：这把公钥的编号是 {wanted}",
    ),
    "bad_proof": (
        "{field}: it is not this key's own signature over this log, {place} and the public key",
        "{field}：不是这把钥匙对本账、{place} 和公钥的签名",
    ),
    "key_known": (
        "{field}: key {key} was enrolled before (entry {index}); make a new one",
        "{field}：钥匙 {key} 以前登记过（第 {index} 条），要换一把新的",
    ),
    "no_key": ("{field}: {place} has no key {key}", "{field}：{place} 没有钥匙 {key}"),
    "key_revoked": (
        "{field}: key {key} is no longer valid (revoked by entry {index})",
        "{field}：钥匙 {key} 已停用（第 {index} 条）",
    ),
    "bad_signature": (
        "{field}: it is not the signature of {place}'s key {key} over this command in this log",
        "{field}：不是 {place} 的钥匙 {key} 对本账这条内容的签名",
    ),
    "log_key_wanted": (
        "{field}: it must be a valid Ed25519 verifier key named {origin}, as this log is",
        "{field}：要写名为 {origin}（与本日志同名）的有效 Ed25519 验证公钥",
    ),
    "log_key_known": (
        "{field}: the log had this key before (entry {index}); make a new one",
        "{field}：日志以前用过这把钥匙（第 {index} 条），要换一把新的",
    ),
    "not_log_key": (
        "{field}: it is not the log's present key, {vkey}",
        "{field}：不是日志现在的钥匙 {vkey}",
    ),
    # donors
    "one_wanted": (
        "{field}: name either a party or a gift, not both",
        "{field}：party 和 gift 写一个，不能都写，也不能都不写",
    ),
    "no_gift": ("{field}: gift {code} is not in the book", "{field}：账上没有捐赠 {code}"),
    "erased_before": (
        "{field}: what was kept of {code} is erased already (entry {index})",
        "{field}：{code} 的资料已经销毁（第 {index} 条）",
    ),
    "clock_behind": (
        "the book's clock is {minutes} minutes behind its last entry; nothing is written until"
        " `mingzhang doctor --accept-clock`",
        "账的时钟比最后一条记录慢 {minutes} 分钟，先用 mingzhang doctor --accept-clock 核对，才能记账",
    ),
    "conflict": (
        "id: {id} is already in the book with other content (entry {index})",
        "id：{id} 已在账上（第 {index} 条），内容不同",
    ),
}


@dataclass(frozen=True)
class Violation:
    """One broken rule. `field` is the path of the body key, `rule` a key of MESSAGES."""

    field: str
    rule: str
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)

    def message(self, lang: str = "en") -> str:
        """One sentence, `lang` en or zh."""
        return MESSAGES[self.rule][lang == "zh"].format(field=self.field, **self.facts)


class Unfit(ValueError):
    """A value that breaks a rule of MESSAGES, raised where the name of its field is not known yet."""

    def __init__(self, rule: str, **facts: Any) -> None:
        super().__init__(MESSAGES[rule][0].removeprefix("{field}: ").format(**facts))
        self.rule = rule
        self.facts = facts

    def at(self, field: str) -> Violation:
        return Violation(field, self.rule, self.facts)


class Refused(Exception):
    """A command that was not written, with every violation. `conflict` marks a reused id (HTTP 409)."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(v.message() for v in violations))
        self.violations = violations

    @property
    def conflict(self) -> bool:
        return any(v.rule == "conflict" for v in self.violations)
