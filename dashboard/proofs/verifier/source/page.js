// The page: files and key in, steps out. Whatever came from a file is set as text, never as HTML.

const at = (id) => document.getElementById(id);
const files = new Map(); // name -> bytes, oldest first
const GIVEN = document.body.dataset.given.trim();

// Days, times and short codes, which a line should not end in the middle of.
const WHOLE = /(\d{4}-\d[\d-]{0,11}(?: \d\d:\d\d \(UTC[^)]{0,6}\))?|[A-Z]{1,5}-\d{1,9})/;

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  for (const [n, part] of text.split(WHOLE).entries()) {
    if (n % 2 === 0) made.append(part);
    else made.append(Object.assign(document.createElement("span"), { textContent: part, className: "whole" }));
  }
  if (className) made.className = className;
  return made;
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = `明账 · ${say("title")}`;
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = say(place.dataset.say);
  for (const place of document.querySelectorAll("[data-label]")) place.setAttribute("aria-label", say(place.dataset.label));
  return run();
}

// running ----------------------------------------------------------------------------------------------------

let turn = 0;

const busy = (is) => at("outcome").setAttribute("aria-busy", String(is));

async function run() {
  const mine = (turn += 1);
  busy(true);
  const begun = performance.now();
  library.used = false;
  const outcome = await work();
  const milliseconds = performance.now() - begun;
  if (mine !== turn) return; // something newer was asked meanwhile
  showFiles();
  at("given").hidden = !GIVEN || at("trust").value.trim() !== GIVEN;
  show(outcome, milliseconds);
  busy(false);
}

// null: nothing to do yet; {problem}: cannot begin; else what checkReceipt found.
async function work() {
  const receipts = [], openings = [];
  for (const [, bytes] of everything()) (isOpening(bytes) ? openings : receipts).push(bytes);
  if (!receipts.length) return openings.length ? { problem: say("opening.alone") } : null;
  if (!at("trust").value.trim()) return { problem: say("trust.none") };
  let policy;
  try {
    policy = await readTrust(bytesOf(lined(at("trust").value)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { problem: say("trust.bad", { why: why(error.code, error.facts) }) };
  }
  const checked = await Promise.all(receipts.map((bytes) => checkReceipt(bytes, policy)));
  const main = [...checked].reverse().find((each) => !isParty(each)) ?? checked[checked.length - 1];
  const party = checked.find((each) => each !== main && isParty(each));
  if (openings.length && main.entry) await checkOpening(main, openings[openings.length - 1], party);
  return main;
}

const isParty = (found) => found.entry?.kind === "PartyRegistered";
const isOpening = (bytes) => bytes.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte)) === 0x7b; // {
const isProof = (bytes) => octetsOf(bytes.slice(0, FIRST_LINE.length)) === FIRST_LINE;
// What is pasted comes with the newlines of this machine, and often without the last.
const lined = (text) => text.replace(/\r\n?/g, "\n").replace(/\n*$/, "\n");

function* everything() {
  yield* files;
  const pasted = at("pasted").value;
  if (pasted.trim()) yield ["", bytesOf(lined(pasted.trimStart()))];
}

// showing ----------------------------------------------------------------------------------------------------

function showFiles() {
  at("none").hidden = files.size > 0 || at("pasted").value.trim() !== "";
  at("again").hidden = files.size === 0;
  at("have").replaceChildren(...[...files].map(([name, bytes]) => {
    const item = element("li", name);
    item.append(" ", element("span", say(isOpening(bytes) ? "have.opening" : isProof(bytes) ? "have.receipt" : "have.other"), "hint"));
    return item;
  }));
}

function show(outcome, milliseconds) {
  const place = at("outcome");
  place.className = "outcome";
  if (!outcome) return place.replaceChildren(element("p", say("waiting"), "hint"));
  if (outcome.problem) {
    place.classList.add("bad");
    return place.replaceChildren(element("p", outcome.problem, "answer"));
  }
  const verdict = verdictOf(outcome);
  place.classList.add(verdict);
  const steps = element("ol", "", "steps");
  steps.append(...outcome.steps.map((step) => showStep(step, outcome)));
  place.replaceChildren(element("p", answer(verdict, outcome), "answer"), steps);
  if (library.used) place.append(element("p", say("library"), "hint"));
  if (!subtle) place.append(element("p", say("slow"), "hint"));
  place.append(element("p", say("took", { ms: Math.max(1, Math.round(milliseconds)) }), "hint took"));
}

function answer(verdict, { steps, proof, head }) {
  const first = steps.find((step) => step.state === verdict);
  if (verdict === "bad") return say("verdict.bad", { why: why(first.code, first.facts) });
  const { times = [] } = steps.find((step) => step.name === "witnesses").facts;
  return say(`verdict.${verdict}`, { index: proof.index, size: head.size, origin: head.origin, n: times.length });
}

const MARKS = { ok: "mark.ok", alone: "mark.alone", blind: "mark.blind", bad: "mark.bad" };

function showStep(step, outcome) {
  const item = element("li", "", step.state);
  item.append(element("h3", say(`step.${step.name}`)));
  item.lastChild.append(" ", element("span", say(MARKS[step.state]), "said"));
  item.append(element("p", told(step)));
  if (step.name === "print") item.append(element("p", step.facts.print, "print"));
  if (step.name === "witnesses") item.append(...witnesses(step.facts));
  if (step.name === "entry" && outcome.entry) item.append(...entry(outcome));
  if (step.facts.data) item.append(detail("data", readable(step.facts.data), true));
  return item;
}

function told({ name, state, code, facts }) {
  if (state === "bad" || state === "blind") return sentence(why(code, facts));
  return say(facts.of ? `step.${name}.${state}.${facts.of}` : `step.${name}.${state}`, facts);
}

function* witnesses({ times = [], unread = [] }) {
  const list = element("ul");
  for (const { witness, seconds } of times) {
    list.append(element("li", say(seconds ? "witness" : "witness.untimed", { name: witness.key.name, time: moment(seconds) })));
  }
  for (const witness of unread) list.append(element("li", say("witness.unread", { name: witness.key.name })));
  if (list.children.length) yield list;
}

const LATEST = 253402300799n; // the last second of the year 9999

// POSIX seconds as 2026-03-12 14:31 (UTC+8), in this device's time zone.
function moment(seconds) {
  const date = new Date(Number(seconds > LATEST ? LATEST : seconds) * 1000);
  const ahead = -date.getTimezoneOffset();
  const [hours, minutes] = [Math.trunc(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  const zone = ahead ? `UTC${ahead < 0 ? "−" : "+"}${hours}${minutes ? `:${String(minutes).padStart(2, "0")}` : ""}` : "UTC";
  return `${new Date(date.getTime() + ahead * 60000).toISOString().slice(0, 16).replace("T", " ")} (${zone})`;
}

// A time as the record writes it: an instant, a day, or a first and a last day.
function when(text) {
  if (isInstant(text)) return moment(BigInt(Math.floor(Date.parse(text) / 1000)));
  return text.replace("/", say("until"));
}

function* entry({ entry: written, proof }) {
  const { kind, body, actor } = written;
  if (kind === "DonationReceived" && Array.isArray(body.lines)) yield* gift(body);
  else yield element("p", say("entry.kind", { kind }));
  yield element("p", say("entry.when", { occurred: when(written.occurred_at), recorded: when(written.recorded_at) }), "hint");
  yield element("p", say(written.sig ? "entry.signed" : "entry.unsigned", { place: shown(actor.place ?? actor.role) }), "hint");
  yield detail("exact", new TextDecoder().decode(proof.extra), kind !== "DonationReceived");
}

function* gift(body) {
  yield element("p", say("gift", { gift: shown(body.gift), place: shown(body.place) }), "gift");
  const list = element("ul");
  for (const line of body.lines.filter(isObject)) {
    const parts = [say("gift.line", { item: shown(line.item), quantity: shown(line.quantity) })];
    if (isText(line.lot_number)) parts.push(say("gift.lot", { lot: marked(line.lot_number) }));
    if (isText(line.expiry)) parts.push(say("gift.expiry", { expiry: marked(line.expiry) }));
    list.append(element("li", parts.join(say("comma"))));
  }
  yield list;
  if (isText(body.donee)) yield element("p", say("gift.donee", { donee: body.donee }));
  if (isText(body.party)) yield element("p", say("gift.party", { party: body.party }));
}

const marked = (text) => (text === "unmarked" ? say("unmarked") : text);
// Odd bodies come too: anything but text and numbers is shown as JSON.
const shown = (value) => (isText(value) ? value : typeof value === "number" || typeof value === "bigint" ? counted(value) : jcs(value ?? null));
const readable = (value) => JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each), 1);

function detail(key, text, open) {
  const made = element("details");
  made.open = open;
  made.append(element("summary", say(key)), element("pre", text));
  made.lastChild.tabIndex = 0;
  return made;
}

// listening --------------------------------------------------------------------------------------------------

// A verifier key, or a policy however it begins.
const LIKE_TRUST = /^\s*(?:#|(?:log|witness|group|quorum)[ \t]|[^\s+]+\+[0-9a-f]{8}\+)/;

// Keys and policies go where keys are shown; all else is kept until it is cleared.
async function takeFiles(list) {
  busy(true);
  for (const file of list) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const text = new TextDecoder().decode(bytes.slice(0, MOST_BYTES));
    if (LIKE_TRUST.test(text)) {
      at("trust").value = text;
    } else {
      files.delete(file.name);
      files.set(file.name, bytes);
    }
  }
  await run();
  if (at("outcome").querySelector(".steps")) at("h-result").scrollIntoView();
}

at("pick").addEventListener("change", async (event) => {
  await takeFiles(event.target.files);
  event.target.value = ""; // the same file may be picked again
});
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (name === "drop") takeFiles(event.dataTransfer.files);
  });
}
at("clear").addEventListener("click", () => {
  files.clear();
  at("pick").focus();
  run();
});
at("pasted").addEventListener("input", run);
at("trust").addEventListener("input", run);
at("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  speak();
});
at("larger").addEventListener("click", () => {
  at("larger").setAttribute("aria-pressed", String(document.documentElement.classList.toggle("large")));
});

at("trust").value = GIVEN;
if (!(navigator.languages ?? [navigator.language]).some((each) => each?.startsWith("zh"))) language = "en";
speak();
