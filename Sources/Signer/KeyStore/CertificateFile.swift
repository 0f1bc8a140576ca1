internal import Foundation
internal import SwiftASN1
internal import X509

/// A PEM file of certificates.
enum CertificateFile {
    private static let maximumBytes = 1 << 20

    /// - Throws: ``KeyStoreError`` where the file can't be read, is too long, or has something else in it.
    static func load(path: String) throws -> [Certificate] {
        guard let contents = FileManager.default.contents(atPath: path), contents.count <= maximumBytes else {
            throw KeyStoreError("\(path) can't be read, or is longer than 1 MiB.")
        }
        do {
            return try PEMDocument.parseMultiple(pemString: String(decoding: contents, as: UTF8.self))
                .map(Certificate.init(pemDocument:))
        } catch {
            throw KeyStoreError("\(path) is not a PEM file of certificates: \(error)")
        }
    }
}
