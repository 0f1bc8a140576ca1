internal import Foundation
internal import X509

/// `trust-anchor.pem`: the roots that devices are given.
struct TrustAnchorFile {
    let path: String

    /// Adds a root, unless it is there; whether the file has changed.
    func add(_ root: Certificate) throws -> Bool {
        let present = try CertificateFile.load(path: path)
        guard !present.contains(root) else { return false }
        try write(present + [root])
        return true
    }

    /// Takes roots out; whether the file has changed.
    ///
    /// - Throws: ``KeyStoreError`` where none would be left.
    func remove(_ roots: [Certificate]) throws -> Bool {
        let present = try CertificateFile.load(path: path)
        let rest = present.filter { !roots.contains($0) }
        guard rest.count < present.count else { return false }
        guard !rest.isEmpty else {
            throw KeyStoreError("\(path) would be empty: put the root that devices trust there.")
        }
        try write(rest)
        return true
    }

    private func write(_ certificates: [Certificate]) throws {
        try CeremonyFile.replace(path, with: try certificates.map { try $0.pemText }.joined(), mode: 0o644)
    }
}
