// The one byte form of a value of the record: RFC 8785 (JCS) for string keys, strings, whole numbers, booleans,
// null, arrays and objects. ledger/domain/canonical.py is its twin; a browser test holds them together.

// The canonical JSON text of a value. Throws TypeError for what the record cannot hold.
export function canonical(value) {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object") {
    const pairs = Object.keys(value).sort().map((key) => `${quoted(key)}:${canonical(value[key])}`);
    return `{${pairs.join(",")}}`;
  }
  throw new TypeError("the record holds strings, whole numbers below 2^53, true, false, null, lists and objects");
}

function quoted(text) {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError("text holds half a character, which UTF-8 cannot encode");
  return JSON.stringify(text);
}
