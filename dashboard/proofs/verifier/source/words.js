// Every sentence of the page, Chinese and English. {fact} is filled in as text, never as HTML.

const WORDS = {
  language: ["English", "中文"],
  larger: ["大字", "Larger type"],
  comma: ["，", ", "],
  until: [" 至 ", " to "],
  title: ["核对一张捐赠凭证", "Check a donation receipt"],
  lead: [
    "核对全在这一页里当场算出来，不联网，也不问任何人。存下来、转给别人、过几年离线打开，都一样能用。",
    "Everything is worked out inside this page, without a network and without asking anybody. It works the same saved, mailed on, or opened years from now.",
  ],

  files: ["一、凭证", "1. The receipt"],
  "files.hint": [
    "选凭证文件（.tlog-proof）。要证明这笔捐赠是你的，再加上开启文件（.opening.json）；它若开的是捐赠人登记，也加上那份登记的凭证。",
    "Pick the receipt (.tlog-proof). To show that the gift is yours, add your opening (.opening.json), and, if it opens the donor's registration, the receipt of that registration too.",
  ],
  pick: ["选文件", "Pick files"],
  drop: ["也可以把文件拖到这一页上", "or drop files anywhere on this page"],
  clear: ["清空，重新选", "Clear and start again"],
  paste: ["没有文件？把凭证的文字贴进来", "No file? Paste the receipt's text"],
  none: ["还没有凭证。", "No receipt yet."],
  "have.receipt": ["凭证", "receipt"],
  "have.opening": ["开启文件，含姓名，只留在这台设备上", "opening: it holds a name and stays on this device"],
  "have.other": ["认不出的文件", "not known here"],
  "opening.alone": ["只有开启文件，还没有凭证。把凭证也选进来。", "There is an opening but no receipt. Pick the receipt too."],

  trust: ["二、你信谁的公钥", "2. Whose key you go by"],
  "trust.hint": [
    "贴上账本的公钥（一行），或者信任策略（tlog-policy，写明哪些见证人算数）；也可以当文件选进来。最好从别处拿：见证人、报纸、公告栏、受赠单位，或者你早先拿到的凭证。",
    "Paste the record's public key (one line) or a trust policy (tlog-policy: whose confirmations count), or pick it as a file. Best from elsewhere: a witness, a newspaper, a notice board, the institution that received the gift, or a receipt you got earlier.",
  ],
  "trust.given": [
    "下面的公钥是记账的人随这一页给的。和别处得来的比一比：一字不差，结果才算数。",
    "The key below was put here by whoever runs the record. Compare it with one from elsewhere: the result counts only if every letter is the same.",
  ],
  "trust.none": ["还没有公钥。没有它，就不知道该信谁的签名。", "There is no key yet. Without one, nothing says whose signature to go by."],
  "trust.bad": ["公钥用不了：{why}", "The key cannot be used: {why}"],

  result: ["三、结果", "3. The result"],
  waiting: ["有了凭证和公钥，结果就在这里。", "The result stands here once there are a receipt and a key."],
  "verdict.ok": [
    "对得上。{origin} 的账里确有这一条，是 {size} 条中的第 {index} 条（从 0 数起）；外面有 {n} 位见证人确认过同一本账。",
    "It holds. The record of {origin} has this entry, number {index} (counted from 0) of {size}; {n:outside witness|outside witnesses} confirmed the same record.",
  ],
  "verdict.alone": [
    "对得上，但只有账本自己签了名。{origin} 的账里确有这一条，是 {size} 条中的第 {index} 条（从 0 数起）；外面还没有你信的人确认过。",
    "It holds, on the record's own signature alone. The record of {origin} has this entry, number {index} (counted from 0) of {size}; nobody outside whom you go by has confirmed it.",
  ],
  "verdict.blind": [
    "这一页看不全。{origin} 的签名和这一条的位置对得上；但缺的那些见证人用的是另一种签名，这一页不会核对，要换一个工具。",
    "This page cannot tell. The signature of {origin} and the place of the entry hold; but the missing witnesses sign in a way that this page does not check. Another tool can.",
  ],
  "verdict.bad": ["对不上：{why}。", "It does not hold: {why}."],
  took: ["算了 {ms} 毫秒，没有联网。", "Worked out in {ms} ms, without a network."],
  library: [
    "这个浏览器自己不会核对 Ed25519 签名，用的是本页里带的 noble-ed25519（MIT 许可）。",
    "This browser cannot check Ed25519 signatures itself; noble-ed25519, a library inside this page (MIT licence), did.",
  ],
  slow: [
    "浏览器在这个地址不让网页用它的密码功能，指纹由本页自己算，慢一些，结果一样。",
    "At this address the browser keeps its cryptography from pages, so this page computed the fingerprints itself: slower, with the same result.",
  ],

  "mark.ok": ["对得上", "holds"],
  "mark.alone": ["没有人", "nobody"],
  "mark.blind": ["看不出", "cannot tell"],
  "mark.bad": ["对不上", "does not hold"],
  "step.file": ["读文件", "Reading the file"],
  "step.file.ok": [
    "格式没有问题。它说的是 {origin} 的第 {index} 条，当时账里共 {size} 条。",
    "Well formed. It speaks of entry {index} of {origin}, when the record had {size}.",
  ],
  "step.signature": ["账本签的名", "The record's own signature"],
  "step.signature.ok": [
    "{origin} 用你信的公钥（编号 {key}）给当时的整本账签了名。签过就赖不掉。",
    "{origin} signed the whole record as it then stood, with the key you go by (number {key}). It cannot take that back.",
  ],
  "step.witnesses": ["外面谁确认过，什么时候", "Who outside confirmed it, and when"],
  "step.witnesses.ok": ["这些见证人确认过同一本账：", "These witnesses confirmed the same record:"],
  "step.witnesses.alone": [
    "没有你信的见证人确认过。账本有可能给别人看另一本账，光看这张凭证看不出来。",
    "No witness whom you go by. The record might show others another list, and this receipt alone would not tell.",
  ],
  witness: ["{name}，{time}", "{name}, {time}"],
  "witness.untimed": ["{name}（没写时间）", "{name} (no time stated)"],
  "witness.unread": [
    "{name}：签名是 ML-DSA 那一种，这一页不会核对，没有算进去",
    "{name}: signed with ML-DSA, a kind that this page cannot check; not counted",
  ],
  "step.print": ["这一条的指纹", "The fingerprint of your entry"],
  "step.print.ok": [
    "由原文的每个字节算出来。改动一个字，指纹就对不上。",
    "Worked out from every byte of the entry. Change one letter and it is quite another.",
  ],
  "step.place": ["它在签过名的账里", "It is in the signed record"],
  "step.place.ok": [
    "从它的指纹往上，和凭证里相邻的指纹一级一级合起来，正好是签过名的总指纹。所以它就是 {size} 条中的第 {index} 条。",
    "From its fingerprint upward, joined step by step with the neighbouring ones in the receipt, it comes out as exactly the signed total. So it is entry {index} of those {size}.",
  ],
  "step.entry": ["它写了什么", "What it says"],
  "step.entry.ok": ["写法只有一种读法，里面的序号也对。", "It reads in one way only, and the number in it is right."],
  "step.opening": ["这笔捐赠是你的", "That the gift is yours"],
  "step.opening.ok.entry": [
    "你的开启文件正好开这一条。账上只有一串代替它的字，下面的内容只有开启文件里有：",
    "Your opening fits this very entry. The record holds only a code in its place; what stands below is in the opening alone:",
  ],
  "step.opening.ok.party": [
    "你的开启文件正好开捐赠人 {party} 的登记，那份登记在同一本账里，这一条写的就是这位捐赠人。下面的内容只有开启文件里有：",
    "Your opening fits the registration of donor {party}, which is in the same record, and this entry names that donor. What stands below is in the opening alone:",
  ],

  gift: ["{place} 收到捐赠 {gift}：", "{place} received gift {gift}:"],
  "gift.line": ["物资 {item}，{quantity}（按最小单位计）", "item {item}, {quantity} (in its smallest unit)"],
  "gift.lot": ["批号 {lot}", "lot {lot}"],
  "gift.expiry": ["有效期 {expiry}", "expiry {expiry}"],
  unmarked: ["没有标", "not marked"],
  "gift.donee": ["受赠单位：{donee}", "Accepted by: {donee}"],
  "gift.party": ["捐赠人在账上的代号：{party}", "The donor's code in the record: {party}"],
  "entry.kind": ["这一条是 {kind}，原文在下面。", "This entry is a {kind}; its exact text stands below."],
  "entry.when": ["发生于 {occurred}（填报人说的），记入于 {recorded}（账本的钟）", "Happened {occurred} (as claimed), recorded {recorded} (by the record's clock)"],
  "entry.signed": ["{place} 也签了名，这一页没有核对那个签名。", "{place} signed it too; this page did not check that signature."],
  "entry.unsigned": ["以 {place} 的名义记的，没有签名。", "Written in the name of {place}, unsigned."],
  exact: ["原文，一字不差", "The exact text"],
  data: ["开启文件里写的", "What the opening says"],

  not: ["它不能证明的", "What this does not prove"],
  "not.shelf": [
    "货真的在架子上。账只能说写了什么；盘点、双人签收和突击抽查才看得到货。",
    "That the goods are on the shelf. A record says what was written; counts, second signatures and surprise checks see the goods.",
  ],
  "not.unwritten": ["有没有货从来没有记进账。没有写下的，谁也查不出来。", "Whether a box was never written down at all. Nobody can find what was not written."],
  "not.split": [
    "给别人看的是同一本账：除非你信的见证人签过名。",
    "That others were shown the same record, unless witnesses whom you go by have signed it.",
  ],
  "not.since": ["后来怎么样了。凭证说的是签名那一刻；去向在捐赠编号的那一页。", "What happened since. A receipt speaks of one moment; where the goods went is on the gift's own page."],
  "not.page": ["这一页自己没有说谎。它若是记账的人给的，就用不是我们写的工具再核一次。", "That this page is honest. If it came from whoever runs the record, check again with a tool that we did not write."],

  tools: ["不是我们写的工具", "Tools that we did not write"],
  "tools.lead": [
    "凭证用的是公开的格式，别人写的工具也能核对。下面是我们知道的几样，请懂电脑的朋友帮忙：",
    "Receipts are in a public format, and tools by others check them too. These are some that we know of; a friend who programs can help:",
  ],
  "tools.torchwood": [
    "torchwood（Go 语言库 filippo.io/torchwood）：VerifyProof 按信任策略整张核对，签名、见证人、位置都在内。",
    "torchwood (Go library, filippo.io/torchwood): VerifyProof checks a whole receipt by a trust policy: signature, witnesses and place.",
  ],
  "tools.proofbundle": [
    "proofbundle（Python）：命令 proofbundle verify-proof 核对签名、见证人和位置，ML-DSA 的也行。",
    "proofbundle (Python): the command proofbundle verify-proof checks signature, witnesses and place, ML-DSA ones too.",
  ],
  "tools.formats": [
    "transparency-dev 的 formats 和 merkle（Go 语言库）：读凭证、信任策略和见证人的签名，核对位置。",
    "formats and merkle by transparency-dev (Go libraries): read receipts, policies and cosignatures, and check the place.",
  ],
  "tools.sumdb": [
    "golang.org/x/mod 的 sumdb/note 和 sumdb/tlog（Go 语言库）：核对账本的签名和位置，Go 语言自己的校验库也用它们。",
    "sumdb/note and sumdb/tlog of golang.org/x/mod (Go libraries): the record's signature and the place; Go's own checksum database rests on them.",
  ],
  "tools.own": [
    "谁都可以照公开的规范自己写一个：c2sp.org/tlog-proof、c2sp.org/tlog-policy、c2sp.org/signed-note、RFC 6962。",
    "Anybody can write one from the public specifications: c2sp.org/tlog-proof, c2sp.org/tlog-policy, c2sp.org/signed-note, RFC 6962.",
  ],
  hand: ["自己动手算", "By hand"],
  "hand.lead": [
    "有 openssl 3 的电脑（Linux、macOS 装上即可）就能算。RECEIPT 换成凭证的文件名；KEY 是公钥那一行，先写 KEY='…'。",
    "Any computer with openssl 3 will do. Put the receipt's file name for RECEIPT; KEY is the line of the public key: first say KEY='…'.",
  ],
  "hand.print": ["指纹，应当和上面的一样", "The fingerprint: the same as above"],
  "hand.entry": ["原文", "The exact text"],
  "hand.signature": ["账本的签名，应当说 Signature Verified Successfully", "The record's signature: it should say Signature Verified Successfully"],
  "hand.rest": ["签过名的 text 里，三行是账名、条数和总指纹。从指纹算到总指纹要用上面的工具。", "The signed text holds the record's name, its size and its total. From fingerprint to total takes one of the tools above."],
  made: [
    "这一页是明账的离线验证页，一个文件，里面什么都有。它不收集也不发出任何东西。",
    "This is the offline verifier of Mingzhang, one file with everything inside. It collects nothing and sends nothing.",
  ],

  "why.long": ["文件太大", "the file is too large"],
  "why.base64": ["有一段编码不是唯一的标准写法", "part of it is not in the one standard spelling of base64"],
  "why.number": ["有一个数不是唯一的标准写法，例如前面多了 0", "a number in it is not in its one spelling, for example with a zero before it"],
  "why.proof_first": ["文件的第一行不是凭证的开头", "its first line is not that of a receipt"],
  "why.proof_end": ["文件不完整，后面签名的部分没有了", "it is cut short: the signed part is missing"],
  "why.proof_index": ["没有写明是第几条，或者行的次序不对", "it does not say which entry it is of, or its lines are out of order"],
  "why.proof_path": ["相邻的指纹不成样子", "the neighbouring fingerprints in it are not well formed"],
  "why.proof_extra": ["里面没有这一条的原文", "it does not hold the text of the entry"],
  "why.note": ["签名的部分不成样子", "its signed part is not well formed"],
  "why.note_utf8": ["签名的部分不是正规的文字", "its signed part is not proper text"],
  "why.note_control": ["签名的部分有不该有的控制字符", "its signed part holds control characters"],
  "why.checkpoint": ["签名的部分没有写明账名、条数和总指纹", "its signed part does not state name, size and total of a record"],
  "why.unsigned": ["你信的公钥没有给它签名", "the key you go by has not signed it"],
  "why.other_log": ["你信的公钥是另一本账的，不是 {origin} 的", "the key you go by is that of another record than {origin}"],
  "why.signature": ["{name} 的签名不对：签名是假的，或者签过以后内容被改过", "the signature of {name} is wrong: it is false, or what it signed was changed"],
  "why.nothing_signed": ["账本自己的签名对不上，见证人就没有可确认的", "the record's own signature does not hold, so there is nothing to confirm"],
  "why.cosignature": ["见证人 {name} 的签名不对：签名是假的，或者签过以后内容被改过", "the signature of witness {name} is wrong: it is false, or what it signed was changed"],
  "why.quorum": ["信任策略要的见证人没有凑够", "it lacks witnesses that your trust policy asks for"],
  "why.blind": ["缺的见证人用的是 ML-DSA 签名，这一页不会核对", "the missing witnesses sign with ML-DSA, which this page cannot check"],
  "why.index": ["它说的位置在账的外面", "the place it names is outside the record"],
  "why.path": ["相邻的指纹多了或少了", "there are too many or too few neighbouring fingerprints in it"],
  "why.root": ["算出来的总指纹和签过名的不同：原文、位置或账被换过", "the total comes out other than the signed one: text, place or record was changed"],
  "why.entry_utf8": ["原文不是正规的文字", "the entry is not proper text"],
  "why.json": ["内容读不成（不是正规的 JSON）", "its content cannot be read (not proper JSON)"],
  "why.json_twice": ["同一项写了两次，可以读成两样", "something stands in it twice, so that it could be read in two ways"],
  "why.json_fraction": ["里面有小数，账上只有整数", "it holds a fraction; the record holds whole numbers only"],
  "why.entry_form": ["原文不是唯一的标准写法，可以读成两样", "the entry is not in its one form and could be read in two ways"],
  "why.entry_text": ["原文里有看不见的或改变方向的字符", "the entry holds invisible or direction-changing characters"],
  "why.entry_keys": ["原文缺项或多项", "the entry lacks a part, or has one too many"],
  "why.entry_index": ["原文里的序号和凭证的不同", "the entry states another number than the receipt"],
  "why.entry_version": ["原文是这一页不认得的新写法", "the entry is of a later version than this page knows"],
  "why.entry_field": ["原文里的 {field} 不成样子", "the entry's {field} is not as an entry has it"],
  "why.opening": ["开启文件读不成：里面只有 salt 和 data 两项", "the opening cannot be read: it has salt and data and nothing else"],
  "why.opening_other": ["开启文件开不了：它是别的捐赠的，或者被改过", "the opening does not fit: it is of another gift, or was changed"],
  "why.opening_party": ["这一条自己没有可开的。开启文件也许开的是捐赠人登记：把那份登记的凭证也选进来", "this entry has nothing of its own to open. The opening may be of the donor's registration: pick its receipt too"],
  "why.opening_none": ["这一条没有可开的，也没有写捐赠人", "this entry has nothing to open and names no donor"],
  "why.party": ["捐赠人登记的凭证自己对不上，或者是另一本账的", "the receipt of the donor's registration does not hold, or is of another record"],
  "why.party_other": ["登记的不是这一条写的捐赠人", "the registration is not of the donor whom this entry names"],
  "why.key": ["公钥不成样子（一行：账名+8 位编号+一串字母数字）", "a key is one line: name+8 digits+letters, and this is not"],
  "why.key_type": ["这把公钥不是这里用的那一种", "the key is not of the kind that is used here"],
  "why.key_id": ["公钥抄错了，它自己的 8 位编号对不上", "the key was miscopied: its own 8-digit number does not fit"],
  "why.policy": ["信任策略第 {line} 行：{why}", "line {line} of the trust policy: {why}"],
  "why.policy_control": ["信任策略里有控制字符", "the trust policy holds control characters"],
  "why.policy_end": ["信任策略的最后一行没有换行", "the last line of the trust policy does not end in a newline"],
  "why.policy_line": ["不是 log、witness、group 或 quorum 的写法", "it is not a proper log, witness, group or quorum line"],
  "why.policy_name": ["这个名字前面用过了", "its name is taken"],
  "why.policy_unknown": ["这个名字前面没有", "the name is not on a line before"],
  "why.policy_twice": ["这把公钥前面写过了", "its key stands on a line before"],
  "why.policy_group": ["小组的成员或人数不对", "the members or the number of the group do not fit"],
  "why.policy_quorums": ["quorum 写了不止一行", "there is more than one quorum line"],
  "why.policy_quorum": ["信任策略没有 quorum 这一行", "the trust policy has no quorum line"],
};

const LANGUAGES = ["zh", "en"];
let language = "zh";

const counted = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

// The sentence, its facts filled in; whole numbers get their thousands commas, {n:entry|entries} the right word.
function say(key, facts = {}) {
  const words = WORDS[key];
  if (!words) throw new Error(`no words for ${key}`);
  return words[LANGUAGES.indexOf(language)].replace(/\{(\w+)(?::(.+?)\|(.+?))?\}/g, (whole, name, one, many) => {
    const value = facts[name];
    const text = typeof value === "bigint" || typeof value === "number" ? counted(value) : String(value ?? whole);
    return one ? `${text} ${text === "1" ? one : many}` : text;
  });
}

function why(code, facts = {}) {
  return say(`why.${code}`, facts.why instanceof Refused ? { ...facts, why: why(facts.why.code, facts.why.facts) } : facts);
}

// A reason as a sentence of its own.
const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (language === "zh" ? "。" : ".");
