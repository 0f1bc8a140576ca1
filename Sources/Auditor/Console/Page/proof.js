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

/** Reads `name+hash+base64`. */
export async function readKey(text) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text ?? "");
  if (!parts) throw new ProofError("The log's key is not of the form name+hash+base64.");
  const encoded = base64(parts[3], 33);
  if (encoded[0] !== 1) throw new ProofError("The log's key is not an Ed25519 key.");
  const id = (await sha256(encoder.encode(`${parts[1]}\n`), encoded)).slice(0, 4);
  if ([...id].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== parts[2]) {
    throw new ProofError("The hash in the log's key is not that of its name and bytes.");
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

/** Verifies; tells each finished step to `done(title, detail)`, and throws a ProofError at the first that fails. */
export async function verify({ line, proof, place, key: keyText }, done) {
  const key = await readKey(keyText);
  const parsed = readProof(proof);
  const checkpoint = readNote(parsed.note);
  if (checkpoint.origin !== key.name) throw new ProofError(`The checkpoint is of the log «${checkpoint.origin}», not of «${key.name}».`);
  const own = checkpoint.signatures.filter((signature) => signature.name === key.name && equal(signature.id, key.id));
  if (!own.length) throw new ProofError("The checkpoint has no signature of the log's key.");
  for (const signature of own) {
    if (!await isSigned(key, signature.bytes, checkpoint.text)) {
      throw new ProofError("The checkpoint's signature does not verify: the checkpoint was changed, or signed with another key.");
    }
  }
  done("The checkpoint is signed by the log's key", `${key.name}, tree of ${checkpoint.size} events`);
  if (parsed.index !== BigInt(place) - 1n) throw new ProofError(`The proof is for place ${parsed.index + 1n}, not for ${place}.`);
  if (parsed.index >= checkpoint.size) throw new ProofError("The checkpoint's tree does not reach as far as this event.");
  const leaf = await sha256([0], encoder.encode(line));
  done("The leaf hash is that of the line below", toBase64(leaf));
  const root = await rootOf(leaf, parsed.index, checkpoint.size, parsed.hashes);
  if (!equal(root, checkpoint.root)) {
    throw new ProofError("The path leads to another root than the checkpoint has: the event or the proof was changed.");
  }
  done("The path leads to the checkpoint's root", `${parsed.hashes.length} hashes to ${toBase64(root)}`);
  return { ...checkpoint, others: checkpoint.signatures.filter((signature) => !own.includes(signature)).map((signature) => signature.name) };
}

const pinName = "estuary.log-key";

/** The key that this browser was told to keep to: a console serves one log. */
export function pinned() {
  try { return localStorage.getItem(pinName); } catch { return null; }
}

/** Keeps a key, or forgets it where there is none; whether that worked. */
export function pin(key) {
  try {
    if (key === null) localStorage.removeItem(pinName);
    else localStorage.setItem(pinName, key);
    return true;
  } catch { return false; }
}
