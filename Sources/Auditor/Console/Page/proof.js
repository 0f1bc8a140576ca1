// Verifies that the log has an entry, with the log's public key alone: C2SP tlog-proof, tlog-checkpoint and signed-note;
// the path as RFC 9162 §2.1.3.2 has it. Whatever the auditor sends is checked here, and not believed.

const encoder = new TextEncoder();

export class ProofError extends Error {
  /** `unable` where this browser can't check, which proves nothing either way. */
  constructor(message, unable = false) {
    super(message);
    this.unable = unable;
  }
}

function base64(text, length = null) {
  let bytes;
  try { bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0)); } catch { bytes = null; }
  if (!bytes || btoa(String.fromCharCode(...bytes)) !== text || (length !== null && bytes.length !== length)) {
    throw new ProofError("A value of the proof is not well-formed base64.");
  }
  return bytes;
}

export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

async function sha256(...parts) {
  if (!globalThis.crypto?.subtle) {
    throw new ProofError("This browser computes hashes only over HTTPS or on localhost: nothing could be checked.", true);
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((offset, part) => { bytes.set(part, offset); return offset + part.length; }, 0);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

const equal = (one, other) => one.length === other.length && one.every((byte, index) => byte === other[index]);
const node = (left, right) => sha256([1], left, right);

const kinds = { log: { type: 1, owner: "log" }, witness: { type: 4, owner: "witness" } };

/** Reads `name+hash+base64` (C2SP signed-note): a log's key has the type 1, a witness's the type 4. */
export async function readKey(text, { type, owner } = kinds.log) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text ?? "");
  if (!parts) throw new ProofError(`The ${owner}'s key is not of the form name+hash+base64.`);
  const encoded = base64(parts[3], 33);
  if (encoded[0] !== type) throw new ProofError(`The ${owner}'s key is not an Ed25519 key of a ${owner}.`);
  const id = (await sha256(encoder.encode(`${parts[1]}\n`), encoded)).slice(0, 4);
  if ([...id].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== parts[2]) {
    throw new ProofError(`The hash in the ${owner}'s key is not that of its name and bytes.`);
  }
  return { name: parts[1], id, bytes: encoded.slice(1) };
}

function readProof(text) {
  const blank = text.indexOf("\n\n");
  if (blank < 0) throw new ProofError("The proof has no checkpoint.");
  const lines = text.slice(0, blank).split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") throw new ProofError("What the auditor sent is no proof of the form c2sp.org/tlog-proof@v1.");
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? "");
  if (!index || lines.length > 63) throw new ProofError("The proof is malformed: it names no index, or is too long.");
  return { index: BigInt(index[1]), hashes: lines.map((line) => base64(line, 32)), note: text.slice(blank + 2) };
}

function readNote(note) {
  const blank = note.lastIndexOf("\n\n");
  if (blank < 0 || !note.endsWith("\n")) throw new ProofError("The checkpoint has no signatures.");
  const text = note.slice(0, blank + 1);
  const signatures = note.slice(blank + 2, -1).split("\n").map((line) => {
    const parts = /^— (\S+) (\S+)$/.exec(line);
    if (!parts) throw new ProofError("A signature of the checkpoint is malformed.");
    const bytes = base64(parts[2]);
    return { name: parts[1], id: bytes.slice(0, 4), bytes: bytes.slice(4) };
  });
  const lines = text.split("\n");
  if (lines.length !== 4 || !/^(0|[1-9][0-9]*)$/.test(lines[1])) throw new ProofError("The checkpoint is not origin, size and root.");
  return { text, signatures, origin: lines[0], size: BigInt(lines[1]), root: base64(lines[2], 32) };
}

async function isSigned(key, signature, text) {
  let imported;
  try { imported = await crypto.subtle.importKey("raw", key.bytes, { name: "Ed25519" }, false, ["verify"]); } catch {
    throw new ProofError("This browser cannot verify Ed25519 signatures: use a newer one.", true);
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, encoder.encode(text));
}

async function rootOf(leaf, index, size, hashes) {
  let [place, last, hash] = [index, size - 1n, leaf];
  for (const sibling of hashes) {
    if (last === 0n) throw new ProofError("The path has more hashes than the tree has levels.");
    if (place & 1n || place === last) {
      hash = await node(sibling, hash);
      while (!(place & 1n) && place !== 0n) { place >>= 1n; last >>= 1n; }
    } else {
      hash = await node(hash, sibling);
    }
    place >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new ProofError("The path has too few hashes for this tree.");
  return hash;
}

const signaturesOf = (key, checkpoint) => checkpoint.signatures.filter((signature) => signature.name === key.name && equal(signature.id, key.id));

/** When the witness has cosigned a checkpoint (C2SP tlog-cosignature), as a Date; null where it has not. */
async function cosignedAt(key, checkpoint) {
  let newest = null;
  for (const { bytes } of signaturesOf(key, checkpoint)) {
    const seconds = bytes.length === 72 ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) : 0n;
    const message = `cosignature/v1\ntime ${seconds}\n${checkpoint.text}`;
    if (bytes.length !== 72 || !await isSigned(key, bytes.slice(8), message)) {
      throw new ProofError("The witness's cosignature does not verify: checkpoint or cosignature were changed.");
    }
    const time = Number(seconds) * 1000;
    if (time > 8.64e15) throw new ProofError("The witness's cosignature has a time that no calendar has.");
    newest = Math.max(newest ?? time, time);
  }
  return newest === null ? null : new Date(newest);
}

/**
 * Verifies; tells each finished step to `done(title, detail)`, and throws a ProofError at the first that fails.
 * Without the witness's key, or where it has not cosigned this checkpoint, `cosigned` is null.
 */
export async function verify({ line, proof, place, key: keyText, witness: witnessText }, done) {
  const key = await readKey(keyText);
  const parsed = readProof(proof);
  const checkpoint = readNote(parsed.note);
  if (checkpoint.origin !== key.name) throw new ProofError(`The checkpoint is of the log «${checkpoint.origin}», not of «${key.name}».`);
  const own = signaturesOf(key, checkpoint);
  if (!own.length) throw new ProofError("The checkpoint has no signature of the log's key.");
  for (const signature of own) {
    if (!await isSigned(key, signature.bytes, checkpoint.text)) {
      throw new ProofError("The checkpoint's signature does not verify: the checkpoint was changed, or signed with another key.");
    }
  }
  done("The checkpoint is signed by the log's key", `${key.name}, tree of ${checkpoint.size} events`);
  const witness = witnessText ? await readKey(witnessText, kinds.witness) : null;
  const cosigned = witness ? await cosignedAt(witness, checkpoint) : null;
  if (cosigned) done("The checkpoint is cosigned by the witness's key", `${witness.name}, at ${cosigned.toISOString().slice(0, 19).replace("T", " ")} UTC`);
  if (parsed.index !== BigInt(place) - 1n) throw new ProofError(`The proof is for place ${parsed.index + 1n}, not for ${place}.`);
  if (parsed.index >= checkpoint.size) throw new ProofError("The checkpoint's tree does not reach as far as this event.");
  const leaf = await sha256([0], encoder.encode(line));
  done("The leaf hash is that of the line below", toBase64(leaf));
  const root = await rootOf(leaf, parsed.index, checkpoint.size, parsed.hashes);
  if (!equal(root, checkpoint.root)) {
    throw new ProofError("The path leads to another root than the checkpoint has: the event or the proof was changed.");
  }
  done("The path leads to the checkpoint's root", `${parsed.hashes.length} hashes to ${toBase64(root)}`);
  const checked = [...own, ...(witness ? signaturesOf(witness, checkpoint) : [])];
  return { ...checkpoint, cosigned, others: checkpoint.signatures.filter((signature) => !checked.some(({ bytes }) => bytes === signature.bytes)).map(({ name }) => name) };
}

const pins = { log: "estuary.log-key", witness: "estuary.witness-key" };

/** The keys that this browser was told to keep to, null where it has none: a console serves one log. */
export function pinned() {
  try { return { log: localStorage.getItem(pins.log), witness: localStorage.getItem(pins.witness) }; } catch { return { log: null, witness: null }; }
}

/** Keeps keys, or forgets those that are null; whether that worked. */
export function pin(keys) {
  try {
    for (const [owner, name] of Object.entries(pins)) {
      if (keys[owner]) localStorage.setItem(name, keys[owner]); else localStorage.removeItem(name);
    }
    return true;
  } catch { return false; }
}
