// What events are made of, and what their fields are called.

export const types = [
  "issued", "replayed", "pending", "denied", "approved", "rejected", "revoked", "released", "approval-removed",
  "secret-created", "secret-revoked", "secret-reissued", "kek-added", "kek-removed", "node-added", "node-removed",
  "invitation-created", "invitation-revoked", "node-joined", "configuration-applied", "configuration-refused", "node-certificate-issued", "responder-certificate-issued",
  "crl-issued", "signed-in", "sign-in-failed", "signed-out", "exported", "pruned", "started", "stopped", "dropped",
  "coalesced", "alarm", "log-accepted", "restored",
];

/** Fields in the order in which people ask for them; those that are not named here follow under their own names. */
export const titles = {
  time: "Time", type: "Type", decision: "Decision", reason: "Reason", reason_text: "Reason in words", operation: "Operation",
  subject: "Subject", names: "Names", serial: "Serial", device: "Device", authority: "Authority", label: "Label", profile: "Profile",
  profile_version: "Profile version", node: "Frontend", authentication: "Authentication", principal: "Principal", operator: "Operator",
  remote_address: "Remote address", not_before: "Not before", not_after: "Not after", revocation_reason: "Revocation reason",
  channel_binding: "Channel binding", remarks: "Remarks", count: "Count", fingerprint: "Fingerprint (SHA-256)",
  scope: "Scope", supersedes: "In the place of", role: "Role", labels: "Labels", public_key: "Public key",
  spki_sha256: "Key hash (SHA-256)", request_digest: "Request digest", request_id: "Request", names_count: "Names in all",
  names_sha256: "Hash of all names", source: "Source", run: "Run", sequence: "Sequence", id: "Event ID", schema: "Schema", salt: "Salt",
};
