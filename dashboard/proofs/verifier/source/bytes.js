// Bytes, text and numbers as every format here writes them. Whatever has a second spelling is refused: a Refused
// carries a code, for which words.js has a sentence in both languages.

class Refused extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

const MOST = 9223372036854775807n; // 2^63 - 1
const subtle = globalThis.crypto?.subtle;

const encoder = new TextEncoder();
const bytesOf = (text) => encoder.encode(text);
const octetsOf = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const bytesOfOctets = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOfHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

function textOf(bytes, code) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused(code);
  }
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Standard Base 64 with padding (RFC 4648 section 4), in its one spelling.
function unbase64(text) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) throw new Refused("base64");
  const octets = atob(text);
  if (btoa(octets) !== text) throw new Refused("base64");
  return bytesOfOctets(octets);
}

// An ASCII decimal without sign or leading zeros, at most 2^63 - 1, as a BigInt.
function decimal(text) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) > MOST) throw new Refused("number");
  return BigInt(text);
}

// By the browser where it lets the page, else by sha2.js.
const sha256 = (bytes) => hashed(256, bytes);
const sha512 = (bytes) => hashed(512, bytes);

async function hashed(size, bytes) {
  return subtle ? new Uint8Array(await subtle.digest(`SHA-${size}`, bytes)) : sha2(size, bytes);
}

// RFC 2104, for keys of at most 64 bytes.
async function hmacSha256(key, bytes) {
  const padded = new Uint8Array(64);
  padded.set(key);
  const inner = await sha256(joined(padded.map((byte) => byte ^ 0x36), bytes));
  return sha256(joined(padded.map((byte) => byte ^ 0x5c), inner));
}

const DEEPEST = 400;

// JSON of the record's subset, strictly: no key twice, whole numbers alone. Above 2^53 they come as BigInts.
function readJson(text) {
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  const space = () => take(/[ \t\n\r]*/y);
  const need = (pattern) => take(pattern) ?? refuse("json");
  const refuse = (code) => {
    throw new Refused(code);
  };
  const string = () => JSON.parse(need(/"(?:[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y)[0]);
  const number = ([digits, fraction, exponent]) => {
    if (fraction || exponent) refuse("json_fraction");
    if (digits.length > 4300) refuse("json");
    const value = Number(digits);
    return Number.isSafeInteger(value) ? value + 0 : BigInt(digits); // -0 + 0 is 0
  };
  const listed = (end, one) => {
    space();
    if (take(end)) return;
    for (;;) {
      one();
      space();
      if (take(end)) return;
      need(/,/y);
    }
  };
  const value = (depth) => {
    if (depth > DEEPEST) refuse("json");
    space();
    if (take(/\{/y)) {
      const made = Object.create(null); // a key __proto__ is a key like any other
      listed(/\}/y, () => {
        space();
        const key = string();
        if (key in made) refuse("json_twice");
        space();
        need(/:/y);
        made[key] = value(depth + 1);
      });
      return made;
    }
    if (take(/\[/y)) {
      const made = [];
      listed(/\]/y, () => made.push(value(depth + 1)));
      return made;
    }
    if (text[at] === '"') return string();
    const word = take(/true|false|null/y);
    if (word) return JSON.parse(word[0]);
    return number(need(/-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y));
  };
  const whole = value(0);
  space();
  if (at !== text.length) refuse("json");
  return whole;
}

// canonical.js's text of a value that was read.
function jcs(value) {
  try {
    return canonical(value);
  } catch {
    throw new Refused("json");
  }
}
