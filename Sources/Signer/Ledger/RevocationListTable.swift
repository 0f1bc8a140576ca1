internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import PKI

/// What the ledger knows of the authorities' CRLs: their numbers, and how many revocations there were.
enum RevocationListTable {
    /// The facts that decide whether and how the next CRL of an authority is issued.
    struct Position: Sendable, Equatable {
        /// The number of the newest CRL; 0 where there was none.
        var number: Int64
        /// When the newest CRL was issued that was due by its age and not by a revocation, in seconds since 1970; nil
        /// where there was none.
        var regular: Int64?
        /// Raised with each revocation of one of the authority's certificates.
        var revocations: Int64
    }

    static func revocationsKey(_ authority: String) -> String { "revocations:\(authority)" }
    private static func numberKey(_ authority: String) -> String { "crl_number:\(authority)" }
    private static func regularKey(_ authority: String) -> String { "crl_regular:\(authority)" }

    static func position(_ db: Database, authority: String) throws -> Position {
        Position(
            number: try MetaTable.integer(db, numberKey(authority)) ?? 0,
            regular: try MetaTable.integer(db, regularKey(authority)),
            revocations: try revocations(db, authority: authority))
    }

    static func revocations(_ db: Database, authority: String) throws -> Int64 {
        try MetaTable.integer(db, revocationsKey(authority)) ?? 0
    }

    /// Enters a CRL's number before anybody sees that CRL.
    static func enter(_ db: Database, authority: String, number: Int64, regular: Int64?) throws {
        try MetaTable.set(db, numberKey(authority), number)
        if let regular {
            try MetaTable.set(db, regularKey(authority), regular)
        }
    }

    /// The revoked certificates of an authority that had not ended before a time, in the order of their serial numbers.
    static func entries(_ db: Database, authority: String, notEndedBefore time: Int64) throws -> RevocationListEntries {
        // The index by name: without it this would read every certificate, and the statement fails rather.
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT serial, revoked_at, revocation_reason FROM certificate INDEXED BY certificate_revoked
                    WHERE authority = ? AND revoked_at IS NOT NULL AND not_after >= ? ORDER BY serial
                    """),
            arguments: [authority, time])
        var entries = RevocationListEntries()
        while let row = try rows.next() {
            let reason = (row[2] as String?).flatMap(RevocationReason.init(rawValue:)) ?? .unspecified
            entries.append(serial: [UInt8](row[0] as Data), revokedAt: row[1], reason: reason.code)
        }
        return entries
    }
}

extension RevocationReason {
    /// As CRLs and OCSP responses write it.
    var code: RevocationReasonCode {
        switch self {
        case .unspecified: .unspecified
        case .keyCompromise: .keyCompromise
        case .affiliationChanged: .affiliationChanged
        case .superseded: .superseded
        case .cessationOfOperation: .cessationOfOperation
        case .privilegeWithdrawn: .privilegeWithdrawn
        }
    }
}
