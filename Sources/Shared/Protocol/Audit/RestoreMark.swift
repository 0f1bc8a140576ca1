internal import Foundation

/// What `estuary restore` leaves in the ledger: that it is a backup's, so that the signer does not sign with it before it
/// has got from the auditor what happened since.
package struct RestoreMark: Codable, Sendable, Equatable {
    /// Its key among the ledger's facts about itself.
    package static let metaKey = "restored"

    /// When the backup was made and when it was restored, in seconds since 1970.
    package var backupMadeAt: Int64
    package var restoredAt: Int64

    package init(backupMadeAt: Int64, restoredAt: Int64) {
        self.backupMadeAt = backupMadeAt
        self.restoredAt = restoredAt
    }

    package var text: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }

    /// - Throws: `DecodingError`.
    package init(text: String) throws {
        self = try JSONDecoder().decode(RestoreMark.self, from: Data(text.utf8))
    }
}
