// The public formats: C2SP signed-note, tlog-checkpoint, tlog-cosignature (Ed25519), tlog-policy, tlog-proof@v1;
// inclusion proofs by RFC 6962 / RFC 9162 2.1.

// trees ------------------------------------------------------------------------------------------------------

const leafHash = (entry) => sha256(joined([0], entry)); // RFC 6962 2.1
const nodeHash = (left, right) => sha256(joined([1], left, right));

// RFC 9162 2.1.3.2: the root that an inclusion proof leads to. Index and size are BigInts.
async function rootFromInclusion(index, size, leaf, path) {
  if (index >= size) throw new Refused("index");
  let [at, last, value] = [index, size - 1n, leaf];
  for (const part of path) {
    if (last === 0n) throw new Refused("path");
    if (at & 1n || at === last) {
      value = await nodeHash(part, value);
      while (!(at & 1n) && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
    } else {
      value = await nodeHash(value, part);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Refused("path");
  return value;
}

// keys and notes ---------------------------------------------------------------------------------------------

const LOG = 1, COSIGNATURE = 4, COSIGNATURE_ML_DSA = 6;
const KEY_BYTES = { [LOG]: 32, [COSIGNATURE]: 32, [COSIGNATURE_ML_DSA]: 1312 };
const MOST_BYTES = 1000000;
// What a key name may not hold: control characters, Unicode spaces, plus.
const NOT_A_NAME = /[\u0000-\u0020+\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

// signed-note, "Verifier keys": name+key ID+base64(type || key).
async function readKey(text, types) {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  if (!match || NOT_A_NAME.test(match[1])) throw new Refused("key");
  const data = unbase64(match[3]);
  if (!types.includes(data[0]) || data.length - 1 !== KEY_BYTES[data[0]]) throw new Refused("key_type");
  if (data[0] === COSIGNATURE_ML_DSA && bytesOf(match[1]).length > 255) throw new Refused("key");
  const id = hexOf((await sha256(joined(bytesOf(match[1] + "\n"), data))).slice(0, 4));
  if (id !== match[2]) throw new Refused("key_id");
  return { name: match[1], id, type: data[0], bytes: data.slice(1) };
}

// signed-note, "Format": the text with its final newline, and the signature lines after the last empty line.
function readNote(bytes) {
  if (bytes.length > MOST_BYTES) throw new Refused("long");
  const whole = textOf(bytes, "note_utf8");
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Refused("note_control");
  const cut = whole.lastIndexOf("\n\n");
  if (cut < 0 || !whole.endsWith("\n")) throw new Refused("note");
  const lines = whole.slice(cut + 2, -1).split("\n");
  if (lines.length > 100) throw new Refused("note");
  return { text: whole.slice(0, cut + 1), signatures: lines.map(readSignature) };
}

function readSignature(line) {
  const match = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line);
  if (!match || NOT_A_NAME.test(match[1])) throw new Refused("note");
  const data = unbase64(match[2]);
  if (data.length < 5) throw new Refused("note");
  return { name: match[1], id: hexOf(data.slice(0, 4)), data: data.slice(4) };
}

// A key's lines in a note: signed-note, "Signatures", knows a key by name and ID together.
const linesOf = (note, key) => note.signatures.filter((each) => each.name === key.name && each.id === key.id);

function readCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  if (lines.length < 3 || lines.some((line) => !line)) throw new Refused("checkpoint");
  const size = decimal(lines[1]), root = unbase64(lines[2]);
  if (root.length !== 32) throw new Refused("checkpoint");
  return { origin: lines[0], size, root };
}

// signatures -------------------------------------------------------------------------------------------------

const library = { used: false };

const littleEndian = (bytes) => BigInt(`0x${hexOf(bytes.slice().reverse())}`);
const PRIME = (1n << 255n) - 19n;
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
// The y of the eight points of small order (RFC 8032 5.1). A key there has signatures that fit any text, and
// verifiers differ about it: it is refused before any of them is asked, as ledger/domain/signatures.py does.
const EIGHTH = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
const SMALL_ORDER = [0n, 1n, PRIME - 1n, EIGHTH, PRIME - EIGHTH];

function isSoundPoint(bytes) {
  const y = littleEndian(bytes) & ((1n << 255n) - 1n);
  return y < PRIME && !SMALL_ORDER.includes(y);
}

// RFC 8032, by the browser or, where it has no Ed25519, by the library in this file.
async function ed25519(key, message, signature) {
  if (signature.length !== 64 || !isSoundPoint(key) || !isSoundPoint(signature.slice(0, 32))) return false;
  if (subtle) {
    try {
      const native = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return await subtle.verify({ name: "Ed25519" }, native, signature, message);
    } catch (error) {
      if (error.name === "DataError") return false; // bytes that are no key
    }
  }
  library.used = true;
  return ed25519ByLibrary(key, message, signature);
}

// RFC 8032 5.1.7 without the cofactor, as browsers and OpenSSL have it. The library's own verify multiplies by
// the cofactor, and so takes some signatures that they refuse.
async function ed25519ByLibrary(key, message, signature) {
  const point = signature.slice(0, 32), factor = littleEndian(signature.slice(32));
  if (factor >= ORDER) return false;
  const challenge = littleEndian(await sha512(joined(point, key, message))) % ORDER;
  try {
    const own = noble.Point.fromBytes(key).multiplyUnsafe(challenge);
    return same(noble.Point.BASE.multiplyUnsafe(factor).subtract(own).toBytes(), point);
  } catch {
    return false; // bytes that are no key
  }
}

// tlog-cosignature: u64 time || Ed25519 over "cosignature/v1\ntime <seconds>\n" and the checkpoint's text.
// The seconds, as a BigInt; null where it does not hold.
async function cosignedAt(key, text, data) {
  if (data.length !== 72) return null;
  const seconds = new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0);
  const message = bytesOf(`cosignature/v1\ntime ${seconds}\n${text}`);
  return seconds <= MOST && (await ed25519(key.bytes, message, data.slice(8))) ? seconds : null;
}

// policies ---------------------------------------------------------------------------------------------------

// A verifier key alone is a policy of one log that asks for no witness.
async function readTrust(bytes) {
  if (bytes.length > MOST_BYTES) throw new Refused("long");
  const octets = octetsOf(bytes);
  const line = octets.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  if (line && !/[ \t\n]/.test(line)) {
    const key = await readKey(textOf(bytesOfOctets(line), "key"), [LOG]);
    return { logs: [key], witnesses: [], groups: [], quorum: "none" };
  }
  return readPolicy(octets);
}

// tlog-policy: names are opaque octets; every name is defined on a line before it is used.
async function readPolicy(octets) {
  if (/[^\t\n\x20-\x7e\x80-\xff]/.test(octets)) throw new Refused("policy_control");
  if (octets && !octets.endsWith("\n")) throw new Refused("policy_end");
  const reading = {
    policy: { logs: [], witnesses: [], groups: [], quorum: null },
    names: new Set(["none"]), members: new Set(), keys: new Set(),
  };
  for (const [at, line] of octets.split("\n").entries()) {
    const [what, ...rest] = line.split(/[ \t]+/).filter((word) => word);
    if (!what || what.startsWith("#")) continue;
    try {
      await (POLICY_LINES[what] ?? refuseLine)(reading, rest);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Refused("policy", { line: at + 1, why: error });
    }
  }
  if (reading.policy.quorum === null) throw new Refused("policy_quorum");
  return reading.policy;
}

function refuseLine() {
  throw new Refused("policy_line");
}

const POLICY_LINES = {
  __proto__: null,
  async log(reading, rest) {
    if (rest.length < 1 || rest.length > 2) refuseLine();
    reading.policy.logs.push(await newKey(reading, "log", rest[0], [LOG]));
  },
  async witness(reading, rest) {
    if (rest.length < 2 || rest.length > 3) refuseLine();
    const key = await newKey(reading, "witness", rest[1], [COSIGNATURE, COSIGNATURE_ML_DSA]);
    define(reading, rest[0]);
    reading.policy.witnesses.push({ name: rest[0], key });
  },
  group(reading, [name, how, ...of]) {
    if (!of.length) refuseLine();
    const threshold = how === "any" ? 1 : how === "all" ? of.length : /^[0-9]{1,9}$/.test(how) ? Number(how) : 0;
    if (threshold < 1 || threshold > of.length) throw new Refused("policy_group");
    for (const member of of) {
      if (member === "none" || !reading.names.has(member) || reading.members.has(member)) throw new Refused("policy_group");
      reading.members.add(member);
    }
    define(reading, name);
    reading.policy.groups.push({ name, threshold, members: of });
  },
  quorum({ policy, names }, rest) {
    if (rest.length !== 1) refuseLine();
    if (policy.quorum !== null) throw new Refused("policy_quorums");
    if (!names.has(rest[0])) throw new Refused("policy_unknown");
    [policy.quorum] = rest;
  },
};

function define({ names }, name) {
  if (names.has(name)) throw new Refused("policy_name");
  names.add(name);
}

// Keys are duplicates if they wrap the same public key, whatever their names (tlog-policy, "Public key ...").
async function newKey({ keys }, what, octets, types) {
  const key = await readKey(textOf(bytesOfOctets(octets), "key"), types);
  const mark = `${what} ${hexOf(key.bytes)}`;
  if (keys.has(mark)) throw new Refused("policy_twice");
  keys.add(mark);
  return key;
}

// Whether cosignatures of these witnesses meet the quorum; each group stands after its members.
function meets(policy, cosigned) {
  const met = new Set(["none", ...cosigned]);
  for (const group of policy.groups) {
    if (group.members.filter((member) => met.has(member)).length >= group.threshold) met.add(group.name);
  }
  return met.has(policy.quorum);
}

// proofs -----------------------------------------------------------------------------------------------------

const FIRST_LINE = "c2sp.org/tlog-proof@v1";

// tlog-proof@v1: extra data, index, inclusion proof, empty line, checkpoint.
function readProof(bytes) {
  if (bytes.length > 2 * MOST_BYTES) throw new Refused("long");
  const whole = octetsOf(bytes);
  const cut = whole.indexOf("\n\n");
  const lines = (cut < 0 ? whole : whole.slice(0, cut)).split("\n");
  if (lines.shift() !== FIRST_LINE) throw new Refused("proof_first");
  if (cut < 0 || cut + 2 === whole.length) throw new Refused("proof_end");
  const extra = lines[0]?.startsWith("extra ") ? unbase64(lines.shift().slice(6)) : null;
  if (!lines[0]?.startsWith("index ")) throw new Refused("proof_index");
  const index = decimal(lines.shift().slice(6));
  const path = lines.map(unbase64);
  if (path.length > 63 || path.some((part) => part.length !== 32)) throw new Refused("proof_path");
  if (!extra?.length) throw new Refused("proof_extra");
  return { extra, index, path, checkpoint: bytes.slice(cut + 2) };
}
