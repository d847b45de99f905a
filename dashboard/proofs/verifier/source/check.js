// What a receipt shows, step by step. No page, no network: bytes in, steps out, as ledger/receipts.py has them.
//
// A step is {name, state, facts} and, if bad or blind, a code for words.js:
//   ok     it holds
//   alone  nobody outside whom the policy knows has confirmed the record, and the policy asks for nobody
//   blind  this page cannot tell: what is missing are signatures of a kind that it does not check
//   bad    it does not hold

// entries ----------------------------------------------------------------------------------------------------

const MOST_ENTRY_BYTES = 60000;
const ENVELOPE = ["actor", "body", "id", "index", "kind", "occurred_at", "prev", "recorded_at", "v"];
const ZEROS = "0".repeat(64);
const isText = (value) => typeof value === "string" && value !== "";
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const keysOf = (value) => Object.keys(value).sort().join();

// RECORD, "Envelope"; what a later version may add, kinds and roles, is not looked at.
const FIELDS = {
  kind: isText,
  prev: (value) => isText(value) && /^[0-9a-f]{64}$/.test(value),
  id: (value) => isText(value) && /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(value),
  recorded_at: (value) => isText(value) && isInstant(value),
  occurred_at: isText,
  actor: (value) => isObject(value) && keysOf(value) === "place,role",
  body: isObject,
};

function isInstant(text) {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return false;
  const moment = new Date(text);
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === text && !text.startsWith("0000");
}

// The entry at this place of the log, in its one byte form.
function readEntry(bytes, index) {
  if (bytes.length > MOST_ENTRY_BYTES) throw new Refused("long");
  const text = textOf(bytes, "entry_utf8");
  const entry = readJson(text);
  if (jcs(entry) !== text) throw new Refused("entry_form");
  // NFC, no control, format or separator characters; escapes other than of quote and backslash are of such
  const invisible = text.replace(/\\["\\]/g, "").includes("\\") || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
  if (invisible || text.normalize("NFC") !== text) throw new Refused("entry_text");
  if (!isObject(entry) || keysOf({ ...entry, sig: 0 }) !== [...ENVELOPE, "sig"].sort().join()) throw new Refused("entry_keys");
  if (typeof entry.index === "string" || typeof entry.index === "object" || String(entry.index) !== String(index)) {
    throw new Refused("entry_index");
  }
  if (entry.v !== 1) throw new Refused("entry_version");
  for (const [field, fits] of Object.entries(FIELDS)) {
    if (!fits(entry[field])) throw new Refused("entry_field", { field });
  }
  if ((entry.prev === ZEROS) !== (index === 0n)) throw new Refused("entry_field", { field: "prev" });
  return entry;
}

// openings ---------------------------------------------------------------------------------------------------

// {"salt": <64 hex>, "data": {...}}, and the commitment that it gives: hex HMAC-SHA256(salt, JCS(data)).
async function readOpening(bytes) {
  if (bytes.length > MOST_BYTES) throw new Refused("long");
  const value = readJson(textOf(bytes, "opening"));
  if (!isObject(value) || keysOf(value) !== "data,salt" || !isObject(value.data)) throw new Refused("opening");
  if (!isText(value.salt) || !/^[0-9a-f]{64}$/.test(value.salt)) throw new Refused("opening");
  return { hex: hexOf(await hmacSha256(bytesOfHex(value.salt), bytesOf(jcs(value.data)))), data: value.data };
}

// the receipt ------------------------------------------------------------------------------------------------

// What a receipt shows under a policy: {steps, proof, head, entry}; what was not reached is null.
async function checkReceipt(bytes, policy) {
  const found = { steps: [], proof: null, head: null, entry: null };
  let note;
  await take(found, "file", () => {
    const proof = readProof(bytes);
    note = readNote(proof.checkpoint);
    found.head = readCheckpoint(note.text);
    found.proof = proof;
    return { facts: { index: proof.index, size: found.head.size, origin: found.head.origin } };
  });
  if (!found.proof) return found;
  const { proof, head } = found;
  const signed = await take(found, "signature", () => checkLog(note, head, policy));
  await take(found, "witnesses", () => checkWitnesses(note, policy, signed));
  const leaf = await leafHash(proof.extra);
  found.steps.push({ name: "print", state: "ok", facts: { print: hexOf(leaf) } });
  await take(found, "place", async () => {
    const root = await rootFromInclusion(proof.index, head.size, leaf, proof.path);
    if (!same(root, head.root)) throw new Refused("root");
    return { facts: { index: proof.index, size: head.size } };
  });
  await take(found, "entry", () => {
    found.entry = readEntry(proof.extra, proof.index);
    return {};
  });
  return found;
}

// Take one step; whether it holds. `act` gives facts, or a state other than ok, or throws Refused.
async function take(found, name, act) {
  const step = { name, state: "ok", facts: {} };
  try {
    Object.assign(step, await act());
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    Object.assign(step, { state: "bad", code: error.code, facts: error.facts });
  }
  found.steps.push(step);
  return step.state !== "bad";
}

// A log of the policy signed, whose name is the origin. Any bad signature of a known key spoils the note.
async function checkLog(note, head, policy) {
  const signed = [];
  for (const key of policy.logs) {
    for (const line of linesOf(note, key)) {
      if (!(await ed25519(key.bytes, bytesOf(note.text), line.data))) throw new Refused("signature", { name: key.name });
      signed.push(key);
    }
  }
  const own = signed.find((key) => key.name === head.origin);
  if (!own) throw new Refused(signed.length ? "other_log" : "unsigned", { origin: head.origin });
  return { facts: { origin: head.origin, key: own.id } };
}

// Who of the policy confirmed the same record, and when. A witness that it does not know counts for nothing.
async function checkWitnesses(note, policy, signed) {
  if (!signed) throw new Refused("nothing_signed");
  const times = [], unread = [];
  for (const witness of policy.witnesses) {
    const lines = linesOf(note, witness.key);
    if (lines.length && witness.key.type === COSIGNATURE_ML_DSA) unread.push(witness);
    else if (lines.length) times.push({ witness, seconds: await timeOf(witness.key, note.text, lines) });
  }
  const facts = { times, unread, known: policy.witnesses.length };
  const names = times.map((each) => each.witness.name);
  if (meets(policy, names)) return { state: names.length ? "ok" : "alone", facts };
  if (meets(policy, [...names, ...unread.map((witness) => witness.name)])) return { state: "blind", code: "blind", facts };
  throw new Refused("quorum", facts);
}

async function timeOf(key, text, lines) {
  const found = [];
  for (const line of lines) found.push(await cosignedAt(key, text, line.data));
  if (found.includes(null)) throw new Refused("cosignature", { name: key.name });
  return found[0];
}

// That an opening is of this entry, or of the party that it names, whose receipt is then needed too.
async function checkOpening(found, opening, party) {
  await take(found, "opening", async () => {
    const { hex, data } = await readOpening(opening);
    const { body } = found.entry;
    if (body.commitment === hex) return { facts: { of: "entry", data } };
    if (!party) throw new Refused(isText(body.commitment) ? "opening_other" : isText(body.party) ? "opening_party" : "opening_none");
    if (party.steps.some((step) => step.state === "bad") || party.head.origin !== found.head.origin) throw new Refused("party");
    if (party.entry.kind !== "PartyRegistered" || !isText(body.party) || party.entry.body.party !== body.party) {
      throw new Refused("party_other");
    }
    if (party.entry.body.commitment !== hex) throw new Refused("opening_other");
    return { facts: { of: "party", data, party: body.party } };
  });
}

// bad, blind, alone or ok: the worst of the steps.
const verdictOf = (found) => ["bad", "blind", "alone"].find((state) => found.steps.some((step) => step.state === state)) ?? "ok";
