internal import ClusterProtocol
internal import Crypto
internal import DurableFiles
internal import Foundation

/// The signed catalogue as a frontend keeps it, so that it can start while the signer is away.
struct CatalogueFile: Sendable {
    /// No catalogue of ours comes near; anything longer is not read.
    private static let maximumBytes = 4 << 20

    let path: String

    /// The catalogue in the file; nil where there is no file.
    ///
    /// - Throws: Where it can't be read, or is not signed by the key.
    func load(verifiedBy key: Curve25519.Signing.PublicKey) throws -> Catalogue? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        let contents = try handle.read(upToCount: Self.maximumBytes) ?? Data()
        return try JSONDecoder().decode(SignedCatalogue.self, from: contents).verified(by: key)
    }

    func write(_ catalogue: SignedCatalogue) throws {
        try DurableFile.replace(path: path, contents: JSONEncoder().encode(catalogue), mode: 0o644)
    }
}
