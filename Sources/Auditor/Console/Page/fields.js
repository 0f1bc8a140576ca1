// What events are made of, and what their fields are called.

export const types = [
  "issued", "replayed", "pending", "denied", "approved", "rejected", "revoked", "released", "approval-removed",
  "secret-created", "secret-revoked", "secret-reissued", "kek-added", "kek-removed", "node-added", "node-removed",
  "configuration-applied", "configuration-refused", "node-certificate-issued", "responder-certificate-issued",
  "crl-issued", "started", "stopped", "dropped", "coalesced", "alarm",
];

/** Fields in the order in which people ask for them; those that are not named here follow under their own names. */
export const titles = {
  time: "Time", type: "Type", decision: "Decision", reason: "Reason", reasonText: "Reason in words", operation: "Operation",
  subject: "Subject", names: "Names", serial: "Serial", device: "Device", authority: "Authority", label: "Label", profile: "Profile",
  profileVersion: "Profile version", node: "Frontend", authentication: "Authentication", principal: "Principal", operator: "Operator",
  remoteAddress: "Remote address", notBefore: "Not before", notAfter: "Not after", revocationReason: "Revocation reason",
  channelBinding: "Channel binding", remarks: "Remarks", count: "Count", fingerprint: "Fingerprint (SHA-256)",
  spkiSHA256: "Key hash (SHA-256)", requestDigest: "Request digest", requestID: "Request", namesCount: "Names in all",
  namesSHA256: "Hash of all names", source: "Source", run: "Run", sequence: "Sequence", id: "Event ID", schema: "Schema", salt: "Salt",
};
