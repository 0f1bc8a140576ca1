package import Crypto
internal import Foundation
package import GRDB
package import TransparencyLog

/// What the log signs of the list of nodes that it takes events from: so that a change beside the auditor is found.
///
/// No checkpoint is like it, since an origin has no spaces.
package struct NodeList {
    private static let heading = "estuary-nodes/v1"

    package let count: Int
    package let digest: SHA256Digest

    /// Reads the list as it is stored: the exact bytes, in the order of the names.
    package init(_ db: Database) throws {
        var hash = SHA256()
        var count = 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT CAST(name AS BLOB), CAST(description AS BLOB) FROM nodes ORDER BY name")
        while let row = try rows.next() {
            for column in 0..<2 { hash.update(data: Data(SHA256.hash(data: row[column] as Data? ?? Data()))) }
            count += 1
        }
        self.count = count
        digest = hash.finalize()
    }

    package func signed(by log: NoteSigner) throws -> SignedNote {
        var note = try SignedNote(text: text(origin: log.verifierKey.name))
        try note.sign(with: log)
        return note
    }

    /// Whether a note is this log's statement of this list.
    ///
    /// - Throws: ``TransparencyLogError`` that says what is wrong.
    package func verify(_ note: SignedNote, log: NoteVerifierKey) throws {
        guard try note.isSigned(by: log) else {
            throw TransparencyLogError("The list of nodes has no signature of «\(log.name)».")
        }
        guard note.text == Array(text(origin: log.name).utf8) else {
            throw TransparencyLogError("The list of nodes is another than the log has signed.")
        }
    }

    private func text(origin: String) -> String {
        "\(Self.heading) \(origin)\n\(count)\n\(Data(digest).base64EncodedString())\n"
    }
}
