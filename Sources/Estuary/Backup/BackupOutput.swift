internal import LogVerification

/// What a backup is, for people or for programs.
struct BackupOutput {
    let folder: String
    let manifest: BackupManifest
    let report: VerificationReport?
    /// Of the manifest.
    let sha256: String?

    private struct Object: Encodable {
        var folder: String
        var manifest: BackupManifest
        var manifestSha256: String?
        var findings: Int?
    }

    func print(json: Bool) throws {
        if json {
            return try Output.json(
                Object(folder: folder, manifest: manifest, manifestSha256: sha256, findings: report?.findings.count))
        }
        var facts = FactSheet()
        facts.add("backup", folder)
        facts.add("made", TimeText.absolute(manifest.madeAt))
        facts.add("roles", manifest.roles.map(\.rawValue).joined(separator: ", "))
        facts.add(
            "files", "\(manifest.files.count), \(manifest.files.reduce(0) { $0 + $1.bytes } / 1024) KiB")
        facts.add(
            "ledger",
            manifest.ledger.map {
                "\($0.certificates) certificates, events up to \($0.lastSequence) of \($0.incarnation)"
            })
        facts.add("log", manifest.log.map { "\($0.origin), \($0.size) events, root \($0.root)" })
        facts.add("compared", compared)
        facts.add("keys", manifest.hasKeys ? "in it: the CA's, too. Keep it as you keep those" : "left out")
        facts.add("manifest", sha256.map { "sha256 \($0)" })
        try Output.line(facts.text)
        for path in manifest.leftOut { Output.remark("Not in the backup: \(PlainText.visible(path))") }
    }

    private var compared: String? {
        guard let report else {
            return manifest.comparedWithLog
                ? "the ledger with the log, when it was made"
                : manifest.ledger == nil
                    ? nil : "not with the log, which is not on this host: --log names it. A restored signer does it"
        }
        guard report.isClean else { return "\(report.findings.count) findings, which were kept" }
        return report.ledger.map {
            "\($0.certificates) certificates and \($0.revocations) revocations are those of the log"
                + ($0.waiting > 0 ? "; \($0.waiting) wait to be logged" : "")
        } ?? "the log is what it was signed to be"
    }
}
