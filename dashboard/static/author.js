// A center's key on its own phone or PC: made here, kept here, never to be had out of the browser.
//
//   ensureKey(origin, place)    {key, publicKey}: the key of a place in a log, made if there is none
//   publicKey(origin, place)    base64 of 32 bytes; null where this browser holds none (any more)
//   prove(origin, place)        base64: the key's signature that shows who enrols it to hold it
//   sign(origin, command)       {alg, key, value} for the command's `sig`; the place is the command's actor's
//   forgetKey(origin, place)    drop it, once it is revoked
//
// `origin` is the log's name. What is signed is fixed by RECORD, "Envelope", and ledger/domain/signatures.py. Keys
// are Web Cryptography's, not extractable, and lie in IndexedDB: whoever clears the site's data, changes browser or
// web address, or does not come for long, needs a new key and a new invitation. All raise KeyProblem with a `code`.
import { canonical } from "./canonical.js";

const ALGORITHM = "ed25519";
const STORE = "keys";
const COMMAND = "actor,body,id,kind,occurred_at,v"; // the entry without index, prev, recorded_at and sig

// code: insecure (no https), unsupported (no Ed25519), storage (nothing can be kept here), no_key
export class KeyProblem extends Error {
  constructor(code, cause) {
    super(code, { cause });
    this.code = code;
  }
}

export async function ensureKey(origin, place) {
  const kept = (await find(origin, place)) ?? (await make(origin, place));
  return { key: await keyId(kept.publicKey), publicKey: base64(kept.publicKey) };
}

export async function publicKey(origin, place) {
  const kept = await find(origin, place);
  return kept ? base64(kept.publicKey) : null;
}

export async function prove(origin, place) {
  const kept = await need(origin, place);
  return signed(kept, `mingzhang-key/v1\n${origin}\n${place}\n${base64(kept.publicKey)}`);
}

export async function sign(origin, command) {
  if (Object.keys(command).sort().join() !== COMMAND) throw new TypeError(`a command has exactly ${COMMAND}`);
  const kept = await need(origin, command.actor.place);
  const value = await signed(kept, `mingzhang-command/v1\n${origin}\n${canonical(command)}`);
  return { alg: ALGORITHM, key: await keyId(kept.publicKey), value };
}

export const forgetKey = (origin, place) => stored("readwrite", (keys) => keys.delete([origin, place]));

// keys -------------------------------------------------------------------------------------------------------

async function make(origin, place) {
  if (!globalThis.crypto?.subtle) throw new KeyProblem("insecure");
  let pair;
  try {
    pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  } catch (error) {
    throw new KeyProblem("unsupported", error);
  }
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  try {
    await stored("readwrite", (keys) => keys.add({ privateKey: pair.privateKey, publicKey: raw }, [origin, place]));
  } catch (error) {
    if (error.cause?.name !== "ConstraintError") throw error; // another tab was quicker: its key it is
  }
  await navigator.storage?.persist?.().catch(() => false); // asked for; not every browser grants it
  return need(origin, place);
}

const find = (origin, place) => stored("readonly", (keys) => keys.get([origin, place]));

async function need(origin, place) {
  const kept = await find(origin, place);
  if (!kept) throw new KeyProblem("no_key");
  return kept;
}

async function signed(kept, text) {
  const bytes = await crypto.subtle.sign({ name: "Ed25519" }, kept.privateKey, new TextEncoder().encode(text));
  return base64(new Uint8Array(bytes));
}

// The first 16 hex digits of SHA-256("ed25519\n" + public key).
async function keyId(raw) {
  const named = new Uint8Array([...new TextEncoder().encode(`${ALGORITHM}\n`), ...raw]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
  return Array.from(digest.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

// storage ----------------------------------------------------------------------------------------------------

// What `act` asked of the store, once it is on disk.
async function stored(mode, act) {
  try {
    const database = await opened();
    try {
      return await new Promise((done, fail) => {
        const transaction = database.transaction(STORE, mode, { durability: "strict" });
        const request = act(transaction.objectStore(STORE));
        transaction.oncomplete = () => done(request.result);
        transaction.onabort = () => fail(transaction.error ?? request.error);
      });
    } finally {
      database.close();
    }
  } catch (error) {
    throw new KeyProblem("storage", error);
  }
}

function opened() {
  return new Promise((done, fail) => {
    const request = indexedDB.open("mingzhang-author", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}
