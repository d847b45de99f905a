"""Words of the back-test report."""

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "backtest.title": ("备货预测，对照过去检验", "Stock forecasts, checked against the past"),
    "backtest.other": ("English", "中文"),
    "backtest.enough": (
        "按 {level} 备货，{windows} 次里有 {enough} 次够用（{share}）。",
        "Stocked for {level}, the quantity was enough in {enough} of {windows} past windows ({share}).",
    ),
    "backtest.better": (
        "误差比{other}小 {percent}（很可能在 {low} 到 {high} 之间）。",
        "Its error was {percent} smaller than that of {other} (likely between {low} and {high}).",
    ),
    "backtest.worse": (
        "误差比{other}大 {percent}（很可能在 {low} 到 {high} 之间）。",
        "Its error was {percent} larger than that of {other} (likely between {low} and {high}).",
    ),
    "backtest.alike": (
        "误差与{other}分不出高下（明账是它的 {value} 倍，很可能在 {low} 到 {high} 倍之间）。",
        "Its error cannot be told apart from that of {other} ({value} times it, likely {low} to {high}).",
    ),
    "backtest.name.textbook": ("教科书公式", "the textbook formula"),
    "backtest.name.auto_ets": ("通用软件 AutoETS", "AutoETS, a general forecasting program"),
    "backtest.data": ("数据", "Data"),
    "backtest.data.series": (
        "{source}：{series} 条记录，{scored} 条历史够长、参加检验",
        "{source}: {series} series, {scored} of them long enough to be tested",
    ),
    "backtest.data.log": ("账上前 {n} 条", "the first {n:entry|entries} of the book"),
    "backtest.data.span": ("{first} 至 {last}，{rhythm}", "{first} to {last}, {rhythm}"),
    "backtest.rhythm.daily": ("按天", "by day"),
    "backtest.rhythm.weekly": ("按周", "by week"),
    "backtest.rhythm.monthly": ("按月", "by month"),
    "backtest.data.windows": (
        "站在过去的 {origins} 个时点，只看当时已知的，预测之后{span}的总用量，再与后来的实际比",
        "At {origins} past moments, told only what was known then, each method forecast the total use of the "
        "next {span}; this was compared with what came",
    ),
    "backtest.span.daily": (" {n} 天", "{n:day|days}"),
    "backtest.span.weekly": (" {n} 周", "{n:week|weeks}"),
    "backtest.span.monthly": (" {n} 个月", "{n:month|months}"),
    "backtest.data.censored": (
        "{share} 的时段货架空过，当时的用量按「至少这么多」处理；有缺货的时段不计分",
        "In {share} of periods the shelf ran empty: demand is taken as at least what was issued, and such "
        "windows are not scored",
    ),
    "backtest.was_enough": ("备的够不够", "Was it enough?"),
    "backtest.was_enough.find": (
        "明账承诺 {promised}，实际 {reached}",
        "Mingzhang promised {promised} and reached {reached}",
    ),
    "backtest.was_enough.base": (
        "够用的次数占全部次数。虚线是承诺的档位；点落在自己那条线左边，就是没有做到。"
        "平均法没有档位，一个数管三档。",
        "Share of windows in which the quantity was enough. Dashed lines are promises; a mark left of its "
        "own line fell short. The moving averages know no level: one quantity stands for all.",
    ),
    "backtest.promised": ("承诺", "promised"),
    "backtest.how_wrong": ("差了多少", "How far off?"),
    "backtest.how_wrong.base": (
        "误差：缺一件重罚，多一件轻罚（95% 档缺一件抵多 19 件），再除以平均用量；三档取平均。"
        "横条是 95% 的把握范围，越靠左越好。",
        "Error: a piece short counts heavily, a piece over lightly (at 95%, one short as much as 19 over), "
        "divided by mean use; mean of the levels. Bars are 95% intervals; further left is better.",
    ),
    "backtest.how_wrong.find": (
        "以{other}为 1，明账是 {value}",
        "With {other} at 1, Mingzhang is at {value}",
    ),
    "backtest.left_is_better": ("← 更准", "← closer"),
    "backtest.by_class": ("哪类物资准，哪类不准", "By kind of use"),
    "backtest.class.smooth": ("常用，量稳", "Steady use"),
    "backtest.class.erratic": ("常用，量不稳", "Frequent, uneven"),
    "backtest.class.intermittent": ("不常用，量稳", "Rare, even"),
    "backtest.class.lumpy": ("不常用，量不稳", "Rare, uneven"),
    "backtest.class.all": ("全部", "All"),
    "backtest.method.mingzhang": ("明账", "Mingzhang"),
    "backtest.method.mingzhang_fast": ("明账（快速）", "Mingzhang, fast"),
    "backtest.method.textbook": ("教科书公式", "Textbook formula"),
    "backtest.method.textbook_recent": ("教科书，只看近期", "Textbook, recent"),
    "backtest.method.openboxes": ("OpenBoxes", "OpenBoxes"),
    "backtest.method.open_msupply": ("Open mSupply", "Open mSupply"),
    "backtest.method.auto_ets": ("AutoETS", "AutoETS"),
    "backtest.method.croston_sba": ("Croston-SBA", "Croston-SBA"),
    "backtest.method.law_known": ("规律全知", "All-knowing"),
    "backtest.how.mingzhang": (
        "两种预测取平均：同类物资合起来学的规律、指数平滑模拟；再看去年的预测差多少，照着放宽",
        "two forecasts averaged: a rule learnt from all series together and simulated smoothing; widened by"
        " as much as last year's answers fell short",
    ),
    "backtest.how.mingzhang_fast": ("只用合起来学的规律", "the rule learnt from all series alone"),
    "backtest.how.textbook": (
        "平均用量 + z × 波动，用全部历史",
        "mean use + z × standard deviation, of all history",
    ),
    "backtest.how.textbook_recent": (
        "同上，只用近 12 个月（或 12 周、56 天）",
        "the same, of the last 12 months (or 12 weeks, 56 days)",
    ),
    "backtest.how.openboxes": (
        "最近 365 天的用量 ÷ 12 个月",
        "use of the last 365 days ÷ 12 months, as that program reckons",
    ),
    "backtest.how.open_msupply": (
        "最近 3 个月平均，按缺货天数放大",
        "mean of the last 3 months, raised for days out of stock, as that program reckons",
    ),
    "backtest.how.auto_ets": (
        "statsforecast 的 AutoETS(ZZN)，模拟 500 次",
        "statsforecast's AutoETS(ZZN), 500 simulated futures",
    ),
    "backtest.how.croston_sba": (
        "statsforecast 的 CrostonSBA，加上过去的误差",
        "statsforecast's CrostonSBA, with its own past errors added",
    ),
    "backtest.how.law_known": (
        "预先知道用量的真实规律，连疫情也知道：承诺同一档位，预测最多做到这样",
        "knows the true law of demand, outbreaks included: the most that a forecast with its promise can do",
    ),
    "backtest.column.method": ("方法", "Method"),
    "backtest.column.how": ("算法", "How"),
    "backtest.column.enough": ("{level} 够用", "Enough at {level}"),
    "backtest.column.fill": ("{level} 满足率", "Demand met at {level}"),
    "backtest.column.error": ("误差", "Error"),
    "backtest.column.ratio": ("误差比{other}", "Error / {other}"),
    "backtest.column.calibration": ("偏离承诺", "Off the promise"),
    "backtest.column.held": ("{level} 备货量", "Stock at {level}"),
    "backtest.column.class": ("类别", "Kind"),
    "backtest.column.series": ("条数", "Series"),
    "backtest.column.setting": ("设定", "Setting"),
    "backtest.column.short": ("年缺货天数", "Days short a year"),
    "backtest.column.worst": ("最差一成", "Worst tenth"),
    "backtest.column.stock_days": ("存货天数", "Days of stock"),
    "backtest.column.wasted": ("过期报废", "Expired"),
    "backtest.column.met": ("满足率", "Demand met"),
    "backtest.table.note": (
        "备货量：是平均用量的几倍。偏离承诺：各档实际与承诺相差的平均，百分点。满足率：用量中被满足的部分。",
        "Stock: as a multiple of mean use. Off the promise: mean distance of the levels reached from those "
        "promised, in percentage points. Demand met: share of all demand.",
    ),
    "backtest.simulation": (
        "照它备货，会缺多少、废多少",
        "Stocking by it: how much runs short, how much expires",
    ),
    "backtest.world.replayed": ("用真实用量重演", "Real use, replayed"),
    "backtest.world.imagined": ("规律已知的模拟用量", "Imagined use whose law is known"),
    "backtest.world.replayed.base": (
        "{series} 条记录最后 {span}的真实用量",
        "The real use of {series} series in their last {span}",
    ),
    "backtest.world.imagined.base": (
        "{series} 条编造的周用量，含季节和 3 次疫情，共 {span}",
        "{series} imagined weekly series with a season and 3 outbreaks, over {span}",
    ),
    "backtest.rules": (
        "每{review}订一次货，{lead}到货，有效期{life}，先到期先发；没货就缺，不补。"
        "预测只看得到发出的数和货架空没空。",
        "Ordered every {review}, delivered after {lead}, usable for {life}, first expired first out; what "
        "cannot be met is lost. A method sees only what was issued and when the shelf was empty.",
    ),
    "backtest.trade.find": (
        "存货相同（{held} 天左右）时，明账一年缺 {ours} 天，教科书缺 {textbook} 天",
        "With about {held} days of stock, Mingzhang is short {ours} days a year, the textbook {textbook}",
    ),
    "backtest.trade.base": (
        "每个点是一个设定：明账和教科书是承诺档位 80%～99%，两种平均法是另加 0～4 个月的量。越靠左下越好。",
        "Each point is a setting: a promise of 80 to 99% for Mingzhang and the textbook, 0 to 4 months on "
        "top for the averages. Lower left is better.",
    ),
    "backtest.axis.held": ("存货，够用天数", "stock held, days of use"),
    "backtest.axis.short": ("一年缺货天数", "days short a year"),
    "backtest.axis.wasted": ("过期报废，占进货 %", "expired, % of what came in"),
    "backtest.trade.averages": (
        "平均法给每种物资加同样几个月：量稳的放得太多，量不稳的还是缺，所以要分类看。",
        "An average with the same months on top for everything holds too much of what is steady and still "
        "runs short of what is not; so look at each kind.",
    ),
    "backtest.months": ("加 {n} 个月", "+ {n} months"),
    "backtest.no_replay": (
        "没有足够长、从未缺货的记录可以重演。",
        "No series was long enough and never short, so none could be replayed.",
    ),
    "backtest.limits": ("这些数字不能说明什么", "What this does not show"),
    "backtest.limits.1": (
        "缺货的时段不知道真实需求，不计分，所以最紧张的日子多半不在内。",
        "Windows with a stock-out are not scored, since their demand is not known: the worst days are mostly "
        "not in it.",
    ),
    "backtest.limits.2": (
        "过去的误差不保证将来。突发疫情要看情景推算，不能只看这里。",
        "Past error is no promise. For an outbreak look at the scenario too, not at this alone.",
    ),
    "backtest.limits.3": (
        "预测总量，到货时间按固定算；到货时间的波动不在这项检验里。",
        "Totals over a fixed time are tested; that deliveries come early or late is not in this test.",
    ),
    "backtest.limits.4": (
        "「很可能」的范围只算了记录之间的差别。几个时点若都在同一场疫情或同一季里，换一季可能是另一个结果。",
        "The likely ranges count how series differ, not how times do: if all past moments lie in one "
        "outbreak or season, another season may tell otherwise.",
    ),
    "backtest.left_out": (
        "没有比 {names}：本机没有装 statsforecast。要比，先运行 pip install statsforecast，再重做一遍。",
        "{names} were left out, since statsforecast is not installed here. To compare with them, run "
        "pip install statsforecast and do this again.",
    ),
    "backtest.again": ("自己再做一遍", "Do it again yourself"),
    "backtest.made": (
        "mingzhang {version}，{machine}，检验用 {seconds} 秒",
        "mingzhang {version}, {machine}, tested in {seconds} s",
    ),
    "backtest.table": ("表格", "Table"),
}
