"""Who has confirmed the record, and how anybody checks it: the foot of pages, /verify, proofs of entries."""

# ruff: noqa: E501  (a sentence stands on one line)

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    # the foot of every page
    "proof.none": (
        "<b>还没有外部的人确认过这本账。</b>前 {n} 条已签名公布{more}。",
        "<b>Nobody outside has confirmed this record yet.</b> The first {n:entry is|entries are} signed and published{more}.",
    ),
    "proof.none_unsigned": (
        "<b>还没有外部的人确认过这本账。</b>还没有签过名。",
        "<b>Nobody outside has confirmed this record yet.</b> Nothing is signed yet.",
    ),
    "proof.waiting": ("，其后 {n} 条等着签名", "; {n:newer entry waits|newer entries wait} to be signed"),
    "proof.by": (
        "<b>{n} 个外部见证人里有 {m} 个确认过这本账</b>（{names}），最近一次在 {ago}（{when}）。{rest}",
        "<b>Confirmed by {m} of {n:outside witness|outside witnesses}</b> ({names}), newest {ago} ({when}). {rest}",
    ),
    "proof.not_yet": ("最新的 {n} 条还没有确认。", "{n:newest entry is|newest entries are} not yet confirmed."),
    "proof.all_confirmed": ("账上 {n} 条全部确认过。", "Every entry of the book ({n}) is confirmed."),
    "proof.names_more": ("{names}等 {n} 个", "{names} and others, {n} in all"),
    "proof.how": ("自己核对", "Check it yourself"),
    "proof.forked": (
        "<b>这本账被签出过两份互相矛盾的版本。</b>证据已经留下。在说清楚之前，这里的数不要当真。",
        "<b>Two versions of this record that contradict each other were signed.</b> The evidence is kept. Until this is explained, rely on no number here.",
    ),
    "proof.below": (
        "<b>确认的人不够：</b>要 {needed} 个见证人，现在能应答的只有 {able} 个（没有应答：{names}）。新记录照常记下，但要等他们回来才公布。",
        "<b>Too few witnesses answer:</b> {needed} are needed, {able} can be reached (silent: {names}). New entries are written as always, but published only when they are back.",
    ),
    "proof.stale": (
        "<b>已有 {hours}没有新的确认。</b>平时每小时一次。",
        "<b>No fresh confirmation for {hours}.</b> One an hour is usual.",
    ),
    "ago.now": ("刚刚", "just now"),
    "ago.minutes": ("{n} 分钟前", "{n:minute|minutes} ago"),
    "ago.hours": ("{n} 小时前", "{n:hour|hours} ago"),
    "ago.days": ("{n} 天前", "{n:day|days} ago"),
    # /verify
    "nav.verify": ("验证", "Verify"),
    "verify.title": ("不信我们，自己验证", "Don't trust us: verify it yourself"),
    "verify.answer.none": (
        "账上的 <b>{n} 条</b>记录谁都可以自己核对，但还没有外部的人确认过。",
        "Anyone can check the <b>{n:entry|entries}</b> of this record. Nobody outside has confirmed it yet.",
    ),
    "verify.answer.some": (
        "账上 {n} 条记录里，前 <b>{k} 条</b>已由 <b>{m} 个外部见证人</b>确认。改动其中一个字，他们会发现。",
        "Of {n:entry|entries}, the first <b>{k}</b> are confirmed by <b>{m:outside witness|outside witnesses}</b>. Change one letter of them and they notice.",
    ),
    "verify.answer.empty": (
        "账上有 <b>{n} 条</b>记录，还没有签名公布，现在还不能核对。",
        "The book has <b>{n:entry|entries}</b>, none of them signed and published; there is nothing to check yet.",
    ),
    "verify.how": (
        "每记一条，账本就用从头到尾的全部内容算出一串短码。任何地方改一个字，短码就变。"
        "我们给短码签名，外部的人把它抄下来。抄下来之后，我们再也没法悄悄改动。",
        "With every entry, the book computes a short code from everything written so far. Change one letter anywhere and the code is another. "
        "We sign the code and outsiders write it down. From then on, nothing can be changed quietly.",
    ),
    "verify.state.published": ("已签名公布", "Signed and published"),
    "verify.state.entries": ("前 {n} 条", "the first {n:entry|entries}"),
    "verify.state.none": ("还没有", "nothing yet"),
    "verify.state.root": ("短码", "Short code"),
    "verify.state.unsigned": ("等着签名", "Waiting to be signed"),
    "verify.witnesses": ("外部见证人", "Outside witnesses"),
    "verify.witnesses_unit": ("至少 {n} 个确认，才公布新的名单", "a new list is published only when at least {n} confirm it"),
    "verify.witnesses_none": ("还没有外部见证人", "There is no outside witness yet"),
    "verify.witnesses_none_why": (
        "在有见证人之前，保护你的是你手里的凭证：它记着当时的短码。怎么做见证人，看下面第 3 条。",
        "Until there is one, the receipt in your hands protects you: it holds the code of its day. How to become a witness stands below, under 3.",
    ),
    "col.witness": ("见证人", "Witness"),
    "col.confirmed_size": ("确认到", "Confirmed up to"),
    "col.confirmed_at": ("什么时候", "When"),
    "col.problem": ("上次应答", "Last answer"),
    "verify.answers": ("应答了", "answered"),
    "verify.never": ("还没有确认过", "never"),
    "verify.ways": ("三种查法", "Three ways to check"),
    "verify.1": ("1. 查一张凭证", "1. Check one receipt"),
    "verify.1.text": (
        "每笔捐赠、每条记录都能下载一张凭证，是一个小文件。用离线验证页打开它，不联网也能查，几年以后也能查。"
        "把验证页存到手机或电脑里，也可以发给信得过的人，让他替你查。",
        "Every gift and every entry has a receipt to download, a small file. Open it with the offline verifier: it needs no network, today or in years. "
        "Save the verifier on your phone or computer, or mail it to somebody you trust and let them check.",
    ),
    "verify.1.open": ("打开离线验证页", "Open the offline verifier"),
    "verify.1.save": ("存一份验证页", "Save the verifier"),
    "verify.1.find": ("用捐赠编号找凭证", "Find a receipt by gift number"),
    "verify.1.command": ("用命令行查同一张凭证：", "The same by command line:"),
    "verify.2": ("2. 查整本账", "2. Check the whole list"),
    "verify.2.text": (
        "在你自己的电脑上，从公布的文件重新算一遍全部短码，不用我们的数据库。",
        "On your own computer, compute every code again from the published files, without our database.",
    ),
    "verify.2.old": (
        "留一份今天的检查点，以后再查一次：新账若不是旧账接着写的，会当场指出。",
        "Keep today's checkpoint and check again later: if the new list does not continue the old one, it says so.",
    ),
    "verify.2.policy": (
        "连见证人的确认一起查。规则文件里写着要谁确认，同样要和别处的对照：",
        "Check the witnesses' confirmations too. The policy file says whose are wanted; compare it with one from elsewhere as well:",
    ),
    "verify.problem": ("上一次签名或公布没有做成：", "The last attempt to sign or publish did not succeed: "),
    "verify.vkey": ("本账的公钥", "This book's public key"),
    "verify.vkey_why": (
        "这个公钥也是我们给你的。要放心，从别处再要一份来对照：见证人、报纸、捐赠伙伴，或者你早先拿到的凭证。",
        "This key, too, comes from us. To be sure, get it from elsewhere as well and compare: a witness, a newspaper, another donor, a receipt from earlier days.",
    ),
    "verify.3": ("3. 做见证人，或者一直看着", "3. Become a witness, or keep watch"),
    "verify.3.text": (
        "慈善机构、审计、报社、邻近的街道都可以，用自己的电脑。见证人只记住看过的短码；账本若改了旧账，它就不再确认，并留下证据。",
        "A charity, an auditor, a newspaper, a neighbouring street: on a computer of your own. A witness remembers the codes it has seen. If old entries change, it refuses to confirm and keeps the evidence.",
    ),
    "verify.3.monitor": ("只想看着，不想签名：", "To watch without confirming:"),
    "verify.raw": ("原始文件", "The raw files"),
    "verify.raw.text": (
        "格式照 C2SP 的 tlog-checkpoint、tlog-tiles、tlog-proof、tlog-cosignature、tlog-policy 和 RFC 6962，一字不差，别人写的程序也能查。",
        "The formats are C2SP tlog-checkpoint, tlog-tiles, tlog-proof, tlog-cosignature, tlog-policy and RFC 6962 to the letter, so programs that others wrote can check them too.",
    ),
    "verify.raw.checkpoint": ("检查点", "Checkpoint"),
    "verify.raw.policy": ("见证规则", "Witness policy"),
    "verify.raw.api": ("程序接口", "API"),
    "verify.detects": ("什么会被发现", "What is noticed"),
    "verify.detects_unit": ("谁发现，多快", "by whom, how soon"),
    "col.deed": ("有人这样做", "If somebody"),
    "col.noticed_by": ("谁会发现", "Who notices"),
    "col.how_soon": ("多快", "How soon"),
    "deed.edit": ("改动或删掉一条旧记录", "edits or deletes an old entry"),
    "deed.edit.who": ("见证人；有凭证的人；重算整本账的人", "witnesses; whoever holds a receipt; whoever checks the whole list"),
    "deed.edit.when": ("见证人：下一次签名时。其他人：下次核对时", "witnesses: at the next signing; others: when they next check"),
    "deed.cut": ("剪掉账尾，或拿旧备份盖上去", "cuts off the newest entries, or puts an old backup in place"),
    "deed.cut.who": ("见证人；留着较新检查点的人", "witnesses; whoever kept a newer checkpoint"),
    "deed.cut.when": ("下一次签名时", "at the next signing"),
    "deed.split": ("给两个人看两份不同的账", "shows two people two different lists"),
    "deed.split.who": ("见证人只确认其中一份；两张凭证放在一起也看得出", "witnesses confirm only one; two receipts side by side show it too"),
    "deed.split.when": ("有见证人：当场。没有见证人：要等两个人对照", "with witnesses at once; without, when the two compare"),
    "deed.total": ("让网页上的数和记录不一样", "makes a page show other numbers than the entries"),
    "deed.total.who": ("任何下载全部记录、自己加一遍的人", "whoever downloads the entries and adds them up"),
    "deed.total.when": ("随时", "at any time"),
    "deed.date": ("倒填日期", "backdates an entry"),
    "deed.date.who": ("看这一条的人：「发生」和「记入」都公开，见证时间给出最晚的界限", "whoever reads it: “happened” and “recorded” are both public, and witnesses bound the second"),
    "deed.date.when": ("一看就知道", "on sight"),
    "deed.name": ("冒用中心的名义记账", "writes in a center's name"),
    "deed.name.who": ("中心自己；若中心登记过自己的钥匙，没签名的记录会标出来", "the center itself; where it has enrolled a key of its own, entries without its signature are marked"),
    "deed.name.when": ("中心看自己的记录时", "when the center looks at its entries"),
    "deed.receipt": ("改一张凭证", "alters a receipt"),
    "deed.receipt.who": ("离线验证页", "the offline verifier"),
    "deed.receipt.when": ("不到一秒", "in under a second"),
    "verify.cannot": ("什么发现不了", "What cannot be noticed"),
    "verify.cannot.lead": ("下面这些，再多的签名也没有用。我们写出来，免得你以为有。", "No signature helps against these. They stand here so that nobody believes otherwise."),
    "cannot.unwritten": (
        "<b>一箱货从来没记下过。</b>账里没有它，谁也查不出来。捐赠人拿着编号来对，是最有用的办法。",
        "<b>A box that was never written down.</b> The record does not have it, so nobody can find it there. A donor who comes with a gift number is the best remedy.",
    ),
    "cannot.shelf": (
        "<b>账上有，货架上没有。</b>盘点、双人签收和突击抽查能缩小这个差距，不能消除。",
        "<b>In the book, not on the shelf.</b> Counts, second signatures and surprise checks narrow that gap and do not close it.",
    ),
    "cannot.false": (
        "<b>一开始就记错、记假。</b>签名只证明记下之后没改过，不证明记的是真的。",
        "<b>Wrong or false from the start.</b> A signature shows that nothing changed since, not that what was written is true.",
    ),
    "cannot.used": (
        "<b>领走以后用没用。</b>「已领用」指从库里领走，不等于用掉。",
        "<b>Whether goods were used.</b> “Issued for use” means taken from the store, not used up.",
    ),
    "cannot.author": (
        "<b>没签名的记录究竟是谁写的。</b>管服务器的人可以用任何中心的名义写。中心登记自己的钥匙以后，这一点才查得出。",
        "<b>Who really wrote an unsigned entry.</b> Whoever runs the server could write in any center's name. Only a center's own key makes that visible.",
    ),
    "cannot.collude": (
        "<b>所有见证人都和我们串通。</b>所以要选互不相干的人来见证，最好也包括你。",
        "<b>All witnesses in league with us.</b> So witnesses should have nothing to do with each other, and you could be one.",
    ),
    "cannot.page": (
        "<b>这个网页自己说谎。</b>它是我们发给你的。所以离线验证页要存下来用，最好用别人写的那种。",
        "<b>This very page lying.</b> It comes from us. So use a verifier that you saved, better still one that others wrote.",
    ),
    # the proof of one entry
    "entry.proof": ("怎么知道它没改过", "How to know that it is unchanged"),
    "entry.proof.place": (
        "它是已签名公布的名单里的第 {n} 条（从 0 数起），名单共 {size} 条。",
        "It is number {n} (counted from 0) of the signed and published list of {size:entry|entries}.",
    ),
    "entry.proof.unpublished": (
        "它还没有公布。账本最多每 10 秒签一次名，过一会儿再来。",
        "It is not published yet. The book signs at most every 10 seconds; come back in a moment.",
    ),
    "entry.proof.held": (
        "它还没有公布：要等够了见证人确认才公布。",
        "It is not published yet: that waits until enough witnesses have confirmed it.",
    ),
    "entry.proof.unconfirmed": ("还没有外部的人确认过它。", "Nobody outside has confirmed it yet."),
    "entry.proof.confirmed": ("已由{names}确认。", "Confirmed by {names}."),
    "entry.proof.bound": (
        "<b>记入的时间不晚于 {when}</b>：那时{names}确认了一份有它在内的名单（{size} 条）。",
        "<b>Recorded no later than {when}</b>: that is when {names} confirmed a list that has it ({size:entry|entries}).",
    ),
    "entry.receipt": ("下载凭证（可离线验证）", "Download the receipt (checks offline)"),
    "entry.receipt_file": ("凭证", "receipt"),
    "author.signed": ("这一条由地点自己的钥匙签过名。", "Signed with the place's own key."),
    "author.unsigned": ("这一条没有地点自己的签名。", "It bears no signature of the place."),
    "author.unsigned_though_enrolled": (
        "<b>这一条没有签名，虽然这个地点当时已有自己的钥匙。</b>可以问问它为什么。",
        "<b>It is not signed, though the place had a key of its own by then.</b> Ask the place why.",
    ),
    "author.signed_then_doubted": (
        "<b>这一条签过名，但那把钥匙后来报告丢失或被盗，</b>时间在这一条之前或同时。签名不能当真。",
        "<b>It is signed with a key that was later reported lost or stolen</b> as of that time or before. Do not rely on the signature.",
    ),
    "entry.lag": ("发生到记入", "From happening to record"),
    "entry.lag.after": ("发生后 {hours}记下", "written {hours} after it happened"),
    "entry.lag.same_day": ("当天记下", "written the same day"),
    "entry.lag.before": ("照它自己说，发生在记下之后", "by its own account it happened after it was written"),
    "entry.delayed": ("内容暂时不公布", "Its words are not public yet"),
    "entry.delayed.why": (
        "这本账晚些才公布记录的内容。指纹和位置现在就公开，所以内容之后不能再改。公布的时间：{when}。",
        "This book publishes the words of entries later. Fingerprint and place are public now, so the words cannot change until then. They are published: {when}.",
    ),
    "entry.delayed.short": ("内容将于 {when} 公布", "Its words are published {when}"),
    # how late places write, in words
    "lag.title": ("多久才记下", "How soon things are written down"),
    "lag.unit": ("近 {days} 天；「发生」是填写的人说的，「记入」是账本的钟", "Last {days:day|days}; “happened” is what the writer says, “recorded” is the book's clock"),
    "lag.words": (
        "一半的记录在发生后 {median}内记下；{n} 条里有 {late} 条（{share}）晚于 24 小时。",
        "Half of the entries were written within {median} of happening; {late} of {n} ({share}) came more than 24 hours late.",
    ),
    "lag.none": ("近 {days} 天没有记录。", "No entry in the last {days:day|days}."),
    "col.lag_median": ("记下要多久（中位）", "Written after (median)"),
    "col.lag_late": ("晚于 24 小时", "Over 24 h late"),
    "col.happened": ("发生", "Happened"),
    "col.recorded_at": ("记入", "Recorded"),
    "col.after": ("相隔", "After"),
    "col.entry": ("记录", "Entry"),
    "lag.latest": ("最晚记下的几条", "The latest to be written"),
}  # fmt: skip
