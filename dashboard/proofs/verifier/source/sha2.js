// SHA-256 and SHA-512 (FIPS 180-4), for a browser that gives the page no crypto.subtle: plain http, some viewers.
// Slow and short: one text for both, over words of 32 or 64 bits.

const PRIMES = (() => {
  const found = [];
  for (let n = 2; found.length < 80; n += 1) if (found.every((prime) => n % prime)) found.push(n);
  return found;
})();

// The largest x with x^power <= value.
function wholeRoot(value, power) {
  let [low, high] = [0n, 1n << 70n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= value) low = middle;
    else high = middle;
  }
  return low;
}

// FIPS 180-4, 4.1, 4.2 and 5.3: first bits of the fractional parts of roots of the first primes; rotations.
function shapeOf(bits, rounds, turns) {
  const width = BigInt(bits), mask = (1n << width) - 1n;
  const digits = (prime, power) => wholeRoot(BigInt(prime) << (width * power), power) & mask;
  return {
    bits, rounds, turns, width, mask,
    start: PRIMES.slice(0, 8).map((prime) => digits(prime, 2n)),
    keys: PRIMES.slice(0, rounds).map((prime) => digits(prime, 3n)),
  };
}

const SHAPES = {
  256: shapeOf(32, 64, [[2n, 13n, 22n], [6n, 11n, 25n], [7n, 18n, 3n], [17n, 19n, 10n]]),
  512: shapeOf(64, 80, [[28n, 34n, 39n], [14n, 18n, 41n], [1n, 8n, 7n], [19n, 61n, 6n]]),
};

// The digest of bytes: 32 bytes for size 256, 64 for 512.
function sha2(size, bytes) {
  const shape = SHAPES[size], word = shape.bits / 8, block = 16 * word;
  const padded = new Uint8Array(Math.ceil((bytes.length + 1 + 2 * word) / block) * block);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  let state = shape.start;
  for (let at = 0; at < padded.length; at += block) state = compress(shape, state, padded.subarray(at, at + block));
  const text = state.map((value) => value.toString(16).padStart(2 * word, "0")).join("");
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

function compress({ bits, rounds, turns, width, mask, keys }, state, block) {
  const turn = (x, by) => (x >> by) | ((x << (width - by)) & mask);
  const big = (x, [i, j, k]) => turn(x, i) ^ turn(x, j) ^ turn(x, k);
  const small = (x, [i, j, k]) => turn(x, i) ^ turn(x, j) ^ (x >> k);
  const view = new DataView(block.buffer, block.byteOffset), w = [];
  for (let t = 0; t < rounds; t += 1) {
    if (t < 16) w.push(bits === 32 ? BigInt(view.getUint32(4 * t)) : view.getBigUint64(8 * t));
    else w.push((small(w[t - 2], turns[3]) + w[t - 7] + small(w[t - 15], turns[2]) + w[t - 16]) & mask);
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < rounds; t += 1) {
    const first = h + big(e, turns[1]) + ((e & f) ^ ((e ^ mask) & g)) + keys[t] + w[t];
    const second = big(a, turns[0]) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) & mask, c, b, a, (first + second) & mask];
  }
  return [a, b, c, d, e, f, g, h].map((value, at) => (value + state[at]) & mask);
}
