"""Words of the Dash dashboard alone."""

# ruff: noqa: E501  (a sentence stands on one line)

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "dash.views": ("看板", "Views"),
    "dash.ask": ("看", "Show"),
    "dash.choose": ("选择要看的", "Choose what to see"),
    "dash.no_scripts": (
        "图由浏览器里的脚本画。不开脚本也不缺什么：表里是同样的数。",
        "The picture is drawn by a script. Nothing is lost without it: the tables hold the same numbers.",
    ),
    # pages: the name among the views, and the heading
    "dash.overview": ("一览", "At a glance"),
    "dash.overview.title": ("谁快不够了，物资在哪里", "Who runs short, and where things are"),
    "dash.overview.title.archive": ("公布过的物资，现在在哪里", "What was published, and where it is now"),
    "dash.flows": ("流向", "Flows"),
    "dash.flows.title": ("从哪里来，到哪里去，现在在哪里", "Where from, where to, where now"),
    "dash.map": ("分布", "Map"),
    "dash.map.title": ("各中心还够几天", "Days of cover, center by center"),
    "dash.center": ("中心", "Center"),
    "dash.center.title": ("一家中心，一种物资：还够几天", "One center, one item: how long it lasts"),
    "dash.item": ("物资", "Item"),
    "dash.item.title": ("一种物资：总共多少，各处多少", "One item: how much in all, how much where"),
    "dash.shortages": ("短缺", "Shortages"),
    "dash.shortages.title": ("谁不够，差多少，路上有多少", "Who is short, by how much, and what is on the way"),
    # choices
    "dash.ask.item": ("物资", "Item"),
    "dash.ask.source": ("来源", "Source"),
    "dash.ask.street": ("街道", "Street"),
    "dash.ask.center": ("中心", "Center"),
    "dash.all_sources": ("全部来源", "All sources"),
    "dash.all_streets": ("全部街道", "All streets"),
    "dash.scarcest": ("最紧的必需物资", "The scarcest vital item"),
    "dash.no_street": ("不属于街道", "Under no street"),
    # sentences
    "dash.answer": ("{item}进账 <b>{amount}</b>：{fates}。", "{item}: <b>{amount}</b> entered the book; {fates}."),
    "dash.answer.source": (
        "{source}的{item} <b>{amount}</b>：{fates}。", "{item} from {source}: <b>{amount}</b>; {fates}.",
    ),
    "dash.answer.street": (
        "送到{street}的{item} <b>{amount}</b>：{fates}。", "{item} that went to {street}: <b>{amount}</b>; {fates}.",
    ),
    "dash.answer.both": (
        "{source}的{item}，送到{street} <b>{amount}</b>：{fates}。",
        "{item} from {source} that went to {street}: <b>{amount}</b>; {fates}.",
    ),
    "dash.largest": (
        "最多的一股：{source}，{share} 到了「{fate}」", "The largest stream: {source}, {share} of it now “{fate}”",
    ),
    "dash.sums": (
        "{item}，{unit}。每一列合计都是 {n}。颜色是来源，橙、红细线是损耗。",
        "{item}, {unit}. Every column adds up to {n}. Colour is the source; thin orange and red lines are losses.",
    ),
    "dash.click": ("点一个街道，看它的各家中心。", "Click a street to see its centers."),
    "dash.by_source": ("按来源", "by source"),
    "dash.by_place": ("按地点", "by place"),
    "dash.total": ("合计", "Total"),
    "dash.place": ("地点", "Place"),
    "dash.back_to_all": ("回到全部街道", "Back to all streets"),
    "dash.found_rule": (
        "盘盈的货与原有的混在一起，无法逐件分开：先算在盘盈地的在库里，再算在那里的领用里。",
        "Goods found in counts are mixed with the others and cannot be told apart: they are taken first from what is on "
        "hand where they were found, then from what was issued there.",
    ),
    "dash.went_to": ("去处", "To"),
    "dash.issued_is_not_used": (
        "「已领用」指科室从库里领走，不等于已经用掉。", "“Issued for use” means taken from the store room; it does not mean used up.",
    ),
    "dash.status": ("{centers} 家中心里，{parts}。", "Of {centers} centers, {parts}."),
    "dash.status.item": (
        "{item}：各中心可用共 <b class=\"onhand\">{amount}</b>。{centers} 家里，{parts}。",
        "{item}: <b class=\"onhand\">{amount}</b> usable at the centers. Of {centers}, {parts}.",
    ),
    "dash.status.out": ("<b class=\"out\">{n} 家</b>断货或将断货", "<b class=\"out\">{n}</b> out or nearly out"),
    "dash.status.urgent": ("<b class=\"urgent\">{n} 家</b>告急", "<b class=\"urgent\">{n}</b> urgent"),
    "dash.status.rest": ("其余 {n} 家没有告急", "the other {n} neither"),
    "dash.status.none": ("没有一家断货或告急", "none is out or urgent"),
    "dash.no_centers": ("这本账里没有中心", "This book has no centers"),
    "dash.no_centers.why": (
        "公布过的只有仓库的收和发，没有谁领用了多少，所以算不出还够几天。",
        "Only what a depot received and sent was published, not who used how much; so no days of cover can be told.",
    ),
    "dash.items_in_book": ("这本账记了 <b>{n} 种</b>物资的去向。", "This book follows <b>{n:item|items}</b>."),
    "dash.grid": ("最紧的：{names}", "Scarcest: {names}"),
    "dash.grid.basis": (
        "数字是最紧的一种必需消耗品按近来的用法还够几天；每块是一个街道，最紧的在前。",
        "Days that the scarcest vital consumable lasts at the recent rate of use; a block per street, scarcest first.",
    ),
    "dash.grid.item_basis": (
        "数字是{item}按近来的用法还够几天；— 是没有足够的记录可算。每块是一个街道，最紧的在前。",
        "How many days the stock of {item} lasts at the recent rate of use; — where the record is too short to say. A block per street, "
        "scarcest first.",
    ),
    "dash.grid.one": ("{place} {days}", "{days} at {place}"),
    "dash.grid.none": ("没有一家有可算的天数", "No center has a number of days to show"),
    "dash.centers": ("各家中心", "Center by center"),
    "dash.all_items": ("全部物资", "All items"),
    "dash.all_items.note": (
        "单位随数，单位不同不相加。色条是各去向占这种物资进账的份额。离开本账：退还、送出、被征用、拆换。",
        "each in its own unit, never added across items. The bar shows shares of the item's own total. Left the book: "
        "returned, sent outside, requisitioned, converted.",
    ),
    "dash.gone": ("离开本账", "Left the book"),
    "dash.lost": ("报损", "Written off"),
    "dash.missing": ("盘亏、丢失", "Missing, lost"),
    "dash.short_centers": ("断货或告急（家）", "Centers out or urgent"),
    "dash.level": ("状态", "Level"),
    "dash.days": ("够用（天）", "Days of cover"),
    "dash.usable": ("可用", "Usable"),
    "dash.safety": ("安全库存", "Safety stock"),
    "dash.transit": ("在途", "In transit"),
    "dash.order": ("建议补", "Suggested order"),
    "dash.due": ("预计到", "Due"),
    "dash.daily": ("日均用量", "Mean daily use"),
    "dash.expired": ("已过期", "Expired"),
    "dash.waiting": ("待检或扣住", "Waiting or held"),
    "dash.item_there": ("最紧的物资", "Scarcest item"),
    "dash.center.answer": (
        "{center}的{item}：可用 <b class=\"onhand\">{amount}</b>，{rest}。",
        "{item} at {center}: <b class=\"onhand\">{amount}</b> usable, {rest}.",
    ),
    "dash.lasts": ("约够 <b>{n} 天</b>", "enough for about <b>{n:day|days}</b>"),
    "dash.lasts.out": ("已经用完", "none left"),
    "dash.lasts.unknown": ("还够几天，账上的记录不足以算", "how long it lasts cannot be told from the record"),
    "dash.below_safety": ("低于安全库存 {n}", "below the safety stock of {n}"),
    "dash.above_safety": ("高于安全库存 {n}", "above the safety stock of {n}"),
    "dash.no_safety": ("没有可算的安全库存", "no safety stock can be computed"),
    "dash.stock.basis": (
        "可用库存，{unit}。绿色带是预测的八成区间；红线是可能用完的日子。",
        "Usable stock, {unit}. The green band holds 80% of forecasts; the red bar marks the days on which it may run out.",
    ),
    "dash.stock.past_only": (
        "可用库存，{unit}。不画预测：{why}", "Usable stock, {unit}. No forecast is drawn: {why}",
    ),
    "dash.why.empty": ("架上已经没有了。", "the shelf is empty."),
    "dash.why.none": ("还没有算过预测。", "none has been computed yet."),
    "dash.why.short": ("记录太短。", "the record is too short."),
    "dash.why.insufficient": ("多半日子缺货或没有记录。", "most days were stock-outs or went unrecorded."),
    "dash.why.no_use": ("近来没有领用。", "there was no use lately."),
    "dash.why.class": ("可重复用的物资和设备不按消耗预测。", "reusable items and equipment are not forecast by use."),
    "dash.ahead": ("照近来的用法", "At the recent rate of use"),
    "dash.ahead.note": ("{item}，{unit}，每天结束时", "{item}, {unit}, at the end of each day"),
    "dash.day": ("日期", "Day"),
    "dash.least": ("最少", "Least"),
    "dash.middle": ("中间", "Middle"),
    "dash.most": ("最多", "Most"),
    "dash.past_days": ("过去几天", "The last days"),
    "dash.stock": ("可用库存", "Usable stock"),
    "dash.backtest": (
        "用过去检验：{n} 段各 {days} 天里，{level} 的预备量够了 {hit} 段。",
        "Tested on the past: in {hit} of {n} stretches of {days} days, what was set aside for {level} was enough.",
    ),
    "dash.backtest.none": (
        "记录还不够长，没法用过去检验这个预测。", "The record is too short to test this forecast on the past.",
    ),
    "dash.same_center": ("{center}的全部物资", "All items at {center}"),
    "dash.most_urgent_first": ("最紧的在前，单位随数", "most urgent first, each in its own unit"),
    "dash.item.plain": (
        "{item}：在库 <b class=\"onhand\">{amount}</b>。", "{item}: <b class=\"onhand\">{amount}</b> on hand.",
    ),
    "dash.item.stock": ("各中心和仓库的可用库存，过去 {days} 天", "Usable stock at all centers and depots over {days} days"),
    "dash.item.stock.basis": ("{item}，{unit}，每天结束时；今天是此刻。", "{item}, {unit}, at the end of each day; today as of now."),
    "dash.item.places": ("{item}在各处", "{item}, place by place"),
    "dash.short.answer": (
        "<b class=\"missing\">{out} 处</b>断货或将断货，<b class=\"expired\">{urgent} 处</b>告急，<b class=\"low\">{low} 处</b>偏低。"
        "一处是一家中心的一种物资。",
        "<b class=\"missing\">{out}</b> out or nearly out, <b class=\"expired\">{urgent}</b> urgent, <b class=\"low\">{low}</b> "
        "low. Each is one item at one center.",
    ),
    "dash.short.none": ("现在没有一处断货、告急或偏低。", "Nothing is out, urgent or low now."),
    "dash.short.table": ("短缺清单", "List of shortages"),
    "dash.short.more": (
        "这里列出最紧的 {most} 处，另有 {n} 处偏低：选一个街道或一种物资，就都列出。",
        "The {most} most urgent are listed; {n} more are low. Choose a street or an item to list them all.",
    ),
    "dash.center_and_item": ("中心与物资", "Center and item"),
    "dash.text_page": ("文字页", "Text page"),
    "dash.see_flows": ("看流向", "See its flows"),
    "dash.see_shortages": ("全部短缺", "All shortages"),
    "dash.see_map": ("看分布", "See the map"),
    "dash.base": (
        "截至 {moment}，由前 {size} 条记录算出。", "As of {moment}, computed from the first {size:entry|entries}.",
    ),
    "dash.unknown": ("账上没有「{code}」", "The book has no “{code}”"),
    "dash.unknown.why": ("地址里的编号不在账上，或者写错了。", "The code in the address is not in the book, or was misspelt."),
    "dash.start_again": ("从头选", "Choose again"),
    "dash.empty": ("还没有物资进账", "Nothing has entered the book yet"),
    "dash.empty.why": ("收到第一批货后，这里会画出它的去向。", "Once goods are received, their way is drawn here."),
    "dash.nothing_there": ("没有符合这些选择的货", "No goods match these choices"),
    "dash.nothing_there.why": ("换一个来源或街道。", "Choose another source or street."),
}  # fmt: skip
