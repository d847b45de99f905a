"""The page on which a center's phone gets a key of its own."""

# ruff: noqa: E501  (a sentence stands on one line)

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "enroll.title": ("给这台手机一把钥匙", "Give this phone a key"),
    "enroll.lead": (
        "有了钥匙，你们用这台手机记的每一笔都由它签名。谁都看得出那是你们记的；别人用你们的名义写的，没有这个签名。",
        "With a key, whatever you record on this phone is signed by it. Anybody can see that it was you; what others write in your name lacks that signature.",
    ),
    "enroll.script": (
        "这一页要运行脚本：钥匙在手机里生成，服务器从头到尾拿不到它。",
        "This page needs scripts: the key is made inside the phone, and the server never has it.",
    ),
    "enroll.1": ("1. 输入登记码", "1. Type the code"),
    "enroll.1.text": (
        "向管账的人要一个登记码，16 个字母和数字，24 小时内有效，只能用一次。",
        "Ask whoever keeps the record for a code of 16 letters and digits. It is good for 24 hours, and once.",
    ),
    "enroll.code": ("登记码", "Code"),
    "enroll.code.hint": ("例如 7K3M-Q9TX-02HD-W8RN，大小写和短横都行", "Such as 7K3M-Q9TX-02HD-W8RN; capitals and dashes do not matter"),
    "enroll.go": ("下一步", "Next"),
    "enroll.2": ("2. 让手机生成钥匙", "2. Let the phone make its key"),
    "enroll.2.text": (
        "这个码是给<b data-place></b>的。不是你们？不要继续，告诉给你码的人。",
        "This code is for <b data-place></b>. Not yours? Stop here and tell whoever gave it to you.",
    ),
    "enroll.make": ("生成钥匙并登记", "Make the key and enroll it"),
    "enroll.other": ("换一个码", "Another code"),
    "enroll.3": ("3. 登记好了", "3. Enrolled"),
    "enroll.3.text": (
        "<b data-place></b>的这台手机有钥匙了，账上也记下了。以后用这个浏览器记账，由它签名。",
        "This phone of <b data-place></b> has its key, and the record says so. When you record with this browser, the key signs.",
    ),
    "enroll.key": ("钥匙编号，念给管账的人核对", "The key's number: read it to whoever keeps the record, to compare"),
    "enroll.means": ("这意味着什么", "What this means"),
    "enroll.means.stays": (
        "<b>钥匙留在这台手机里。</b>看不到，拷不走，我们也没有。",
        "<b>The key stays in this phone.</b> It cannot be seen or copied, and we do not have it.",
    ),
    "enroll.means.optional": (
        "<b>没有钥匙照样能记账。</b>只是那一笔会标明没有签名。",
        "<b>You can record without a key.</b> Such an entry is only marked as unsigned.",
    ),
    "enroll.means.phone": (
        "<b>签名认的是手机，不是人。</b>谁拿着它，谁就能签，所以要设锁屏。",
        "<b>The signature is the phone's, not a person's.</b> Whoever holds it can sign, so lock the screen.",
    ),
    "enroll.means.limit": (
        "<b>签名的页面也是服务器发来的。</b>它若使坏，可以骗手机签别的。账是公开的，隔一阵翻翻签了名的记录，有没有你们没记过的。",
        "<b>The page that signs comes from the server too.</b> A dishonest one could have the phone sign something else. The record is public: now and then, look through what is signed for anything that you did not write.",
    ),
    "enroll.lost": ("手机丢了，或者钥匙没了", "If the phone is lost, or the key is gone"),
    "enroll.lost.call": (
        "<b>丢了或被偷：马上打电话给管账的人</b>，说出从什么时候起不在手里。钥匙会被撤销，那以后的签名都会标上存疑。",
        "<b>Lost or stolen: call whoever keeps the record at once</b> and say since when. The key is revoked, and signatures after that time are marked as doubted.",
    ),
    "enroll.lost.again": (
        "<b>换手机、换浏览器、清了浏览器数据，或者很久没打开过：</b>钥匙就没了，再要一个码登记一次，两分钟。记过的账都在，签名也都还算数。",
        "<b>A new phone or browser, cleared browser data, or long not opened:</b> the key is gone. Ask for a new code and enroll again; it takes two minutes. Nothing that you recorded is lost, and its signatures still count.",
    ),
    "enroll.needs": (
        "要 2025 年以后的浏览器：Chrome 或 Edge 137、Firefox 129、Safari 17 起；地址以 https 开头。",
        "It takes a browser of 2025 or later: Chrome or Edge 137, Firefox 129, Safari 17, and an address that begins with https.",
    ),
    "enroll.problem.code": (
        "这个码不能用：输错了，过期了，或者已经给别的手机用过。核对一遍，或者要一个新的。",
        "This code cannot be used: it is mistyped, over, or was used for another phone. Check it, or ask for a new one.",
    ),
    "enroll.problem.wait": (
        "从这里输错的次数太多，过 10 分钟再试。码没有用掉。",
        "Too many wrong codes came from here. Try again in 10 minutes; your code is not used up.",
    ),
    "enroll.problem.known": (
        "这台手机的钥匙早就登记过了，不用再登记。",
        "This phone's key is enrolled already; there is nothing more to do.",
    ),
    "enroll.problem.revoked": (
        "这台手机的钥匙撤销过，不能再用。再点一次，换一把新的。",
        "This phone's key was revoked and cannot be used again. Press again for a new one.",
    ),
    "enroll.problem.refused": (
        "账本没有收下这把钥匙。码没有用掉；告诉管账的人。",
        "The record did not take this key. Your code is not used up; tell whoever keeps the record.",
    ),
    "enroll.problem.later": ("服务器这会儿记不了。码没有用掉，过一会儿再试。", "The server cannot record just now. Your code is not used up; try again in a while."),
    "enroll.problem.offline": ("没有网络。码没有用掉，联网后再试。", "There is no network. Your code is not used up; try again once there is."),
    "enroll.problem.insecure": ("这个地址不是 https 开头的，浏览器不让这里生成钥匙。", "This address does not begin with https, so the browser makes no keys here."),
    "enroll.problem.unsupported": ("这个浏览器还不会做这种钥匙。更新它，或者换一个。", "This browser cannot make this kind of key yet. Update it, or use another."),
    "enroll.problem.storage": ("这个浏览器不肯保存钥匙：也许在无痕模式，也许存储满了。", "This browser will not keep the key: perhaps it is in private mode, or its storage is full."),
    "enroll.problem.no_key": ("钥匙刚刚不见了，也许在别处被清掉。再点一次生成。", "The key has just vanished, perhaps cleared elsewhere. Make it again."),
}  # fmt: skip
