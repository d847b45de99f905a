"""How the numbers are computed: one part per figure, each with the source of its formula."""

# ruff: noqa: E501  (a sentence stands on one line)

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "method.title": ("怎么算的", "How we compute this"),
    "method.lead": (
        "每个数都由账上的记录算出，谁都可以重算。下面是算法和出处。",
        "Every number is computed from the entries, and anyone can compute it again. Here are the rules and where they come from.",
    ),
    "method.equation": ("收到多少，现在在哪", "What came in, where it is"),
    "method.equation.text": (
        "每一批货在每一刻都满足：<b>收到 + 拆换得来 + 盘盈 = 在库（可用、待检、扣住、不合格、已过期）+ 在途 + 已领用 + 报损 + 退还 + 送出本账 + 征用 + 途中丢失 + 盘亏 + 拆换出去</b>。"
        "每条记录把一批货的数量从一处移到另一处，不会凭空多出或少掉；页面上的合计都是这些移动之和。数量一律是最小单位的整数。",
        "For every lot at every moment: <b>received + converted in + found = on hand (usable, to inspect, held, rejected, expired) + in transit + issued for use + written off + returned + sent outside + requisitioned + lost + missing + converted out</b>. "
        "An entry moves a quantity of a lot from one place to another, so nothing appears or vanishes; every total is a sum of such moves. Quantities are whole base units.",
    ),
    "method.equation.source": ("出处：本账规则，复式记账。「已领用」指出库，不等于用掉。", "Source: the book's own rule, double entry. “Issued for use” means taken from the store, not used up."),
    "method.found": ("盘盈怎么画", "How found goods are shown"),
    "method.found.text": (
        "盘点多出来的货和原来的混在一起，没有记录说哪一只是多出来的。图和表把盘盈单列一个来源，按这个次序从去向里扣：先扣发现地的在库，再扣发现地的已领用，再扣发现地的其他去向，最后扣别处的。总数不受影响。",
        "Goods found in a count mix with those already there, and no entry says which piece is which. Figure and table show found goods as a source of their own, taken first from what is on hand where they were found, then from what was issued there, then from the place's other fates, then from elsewhere. Totals are not affected.",
    ),
    "method.found.source": ("出处：本账的展示规则。", "Source: the book's rule of presentation."),
    "method.cover": ("够用几天", "Days of cover"),
    "method.cover.text": (
        "可用库存 ÷ 预计日均领用，先到期的先用；已过期、待检、扣住的不算，来不及用就会过期的也不算。没有领用记录时不写数字。",
        "Usable stock ÷ expected issues a day, first expired first out; expired, uninspected and held goods do not count, nor does what will expire before its turn. Without any use on record no number is given.",
    ),
    "method.cover.source": ("出处：CDC 消耗计算器的「库存 ÷ 日均用量」；到期的扣法是本账规则。", "Source: stock ÷ mean usage as in the CDC burn rate calculator; leaving out what expires is the book's own rule."),
    "method.safety": ("安全库存和订货点", "Safety stock and reorder point"),
    "method.safety.text": (
        "保护期 = 提前期 + 查看间隔。提前期从申领（没有申领的从决定）量到架上能用；没有写申领的地方只能从发货量起，那只是路上和验收，页面会写明。订货点 = 保护期内总需求在服务水平上的分位数；安全库存 = 订货点 − 保护期内平均需求。服务水平：必需 98%，重要 95%，一般 90%。",
        "Protection interval = lead time + review period. Lead time runs from the request (or the decision, where there is no request) until usable on the shelf; where no request is on record it can only be measured from dispatch, which is transport and inspection only, and the page says so. Reorder point = quantile, at the service level, of total demand over the protection interval; safety stock = reorder point − mean demand over it. Service levels: vital 98%, essential 95%, needed 90%.",
    ),
    "method.safety.source": ("出处：定期盘查的 (R, s, S) 规则（Silver、Pyke、Thomas）；用实测误差的分位数代替 z·σ 是本账的选择。", "Source: the periodic review (R, s, S) rule (Silver, Pyke and Thomas); a quantile of measured error in place of z·σ is the book's own choice."),
    "method.forecast": ("预测", "Forecast"),
    "method.forecast.text": (
        "由出库记录逐日还原需求；没有货可领的日子不当作没有需求。图上的带子是八成区间：十次里约八次落在里面。历史太短时用简单平均，或借用其他中心同一种物资的用量，并写明。每次预测都回头试最近至多十二段：只用每段之前已知的，算出那时该备多少，再看后来用了多少；架子空过的一段不知道真正要多少，照样列出，不计入够或不够。",
        "Demand is rebuilt day by day from the issues; a day without stock is not taken as a day without demand. The band is the 80% interval: about eight times in ten the truth lies within. Where history is short a plain mean is used, or the rate of like centers, and the page says so. Each forecast is tried on up to twelve past stretches: from what was known before each, what should have been kept then, and what was used afterwards. A stretch in which the shelf ran empty is listed, but counts neither way, since the true need is not known.",
    ),
    "method.forecast.source": ("出处：Hyndman 等人的 ETS 指数平滑（statsmodels）；缺货日的处理，依据在真实机构数据上的比较。", "Source: ETS exponential smoothing of Hyndman et al. (statsmodels); treating stock-out days as censored follows measurements on real facility data."),
    "method.levels": ("断货、告急、偏低、留意", "Out, urgent, low, watch"),
    "method.levels.text": (
        "断货：可用为 0；必需物资 3 天以内叫将断货。告急：够用天数少于提前期。偏低：可用加在途低于订货点，或 7 天内会低于。留意：有一部分会在用到前过期，或久未盘点、久无记录。这些是库存提醒，不是法定预警。",
        "Out: nothing usable; a vital item within 3 days is nearly out. Urgent: days of cover below the lead time. Low: usable plus in transit below the reorder point, or so within 7 days. Watch: some will expire before use, or the place has long not counted or written. These are notices about stock, not the statutory warnings.",
    ),
    "method.levels.source": ("出处：本账规则，可用一条设定记录更改。", "Source: the book's own rule, which a policy entry may change."),
    "method.counts": ("盘点差异", "Count difference"),
    "method.counts.text": (
        "盘到的数 − 账上的数，正数是盘盈，负数是盘亏。盘亏、盘盈各自列出，不并进报损。",
        "What was counted − what the book had: above zero it is found, below zero missing. Both are shown, never folded into wastage.",
    ),
    "method.counts.source": ("出处：DHIS2 的 discrepancy；以账面数为底是本账规则。", "Source: discrepancy in DHIS2; the book's number as its base is our rule."),
    "method.lag": ("记账滞后", "Written down after"),
    "method.lag.text": (
        "记入时间 − 发生时间，取最近 30 天的中位数；只写了日期的，从那天结束算起。超过 24 小时算迟记。",
        "Time recorded − time it happened, median of the last 30 days; where only a day is stated, from the end of that day. Over 24 hours counts as late.",
    ),
    "method.lag.source": ("出处：本账规则。", "Source: the book's own rule."),
    "method.archive": ("档案账怎么记", "How an archive is recorded"),
    "method.archive.text": (
        "公布收到的一行记作捐赠入库；发放的一行记作发往接收单位，一直在途，因为没有公布过签收。物资照原表的（名称、规格、单位）分，不合并。发出的比公布收到的多，多出的部分另记一批，标明「未见公布的收货」。",
        "A line of goods received is a gift at the depot; a line of goods issued is a transfer to the receiver that stays in transit, because no receipt was ever published. Items are kept apart by name, specification and unit as printed. What was sent beyond published receipts is a lot of its own, marked as without a published receipt.",
    ),
    "method.archive.source": ("出处：本账的档案规则。", "Source: the book's rules for archives."),
    "method.proof": ("怎么知道没有改过", "How one can tell that nothing was changed"),
    "method.proof.text": (
        "每条记录的指纹连着前一条，全部记录合成一棵哈希树，树根签了名公布。改动、删除、插入任何一条，指纹和树根都会变。外部的人留着旧的签名，就能看出账有没有倒退。",
        "The fingerprint of each entry holds that of the one before, and all entries form a hash tree whose root is signed and published. Changing, removing or inserting any entry changes fingerprints and root. Anyone outside who keeps an old signature can tell whether the book went back on itself.",
    ),
    "method.proof.source": ("出处：RFC 6962；C2SP tlog-tiles、tlog-checkpoint。", "Source: RFC 6962; C2SP tlog-tiles and tlog-checkpoint."),
    "method.limits": ("这本账不知道什么", "What this book cannot know"),
    "method.limits.text": (
        "它不知道箱子是不是真的在架上，也不知道领走的是不是用掉了。盘点、双人签收和突击抽查缩小这个差距，不能消除它。",
        "It cannot know whether a box is really on the shelf, nor whether what was taken was used. Counts, second signatures and surprise checks narrow that gap and never close it.",
    ),
}  # fmt: skip
