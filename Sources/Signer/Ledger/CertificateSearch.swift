internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// What to look for in the list of certificates.
///
/// There is no index by label or node: it would cost every issuance, and serve only who looks for a stolen frontend's.
/// But serial numbers begin with their time, so that only certificates of the time asked for are read; and of those no
/// more than ``examined`` at once, so that no search holds up what else reads the ledger.
struct CertificateSearch: Sendable {
    enum Order: Sendable {
        case newestFirst
        case oldestFirst
    }

    /// A place in the list: that of a certificate.
    struct Position: Sendable, Equatable {
        var authority: String
        var serial: Data
    }

    /// A stretch of the list.
    struct Found: Sendable {
        var records: [CertificateRecord]
        /// The last certificate that was looked at, from which the search goes on; nil at the end of the list.
        var stoppedAt: Position?
    }

    /// The longest that a certificate may be recorded after its serial number was made: a clock may be set meanwhile.
    private static let tolerance: Int64 = 3600 * 1000

    var order = Order.newestFirst
    var device: Int64?
    var label: String?
    var node: String?
    /// Issued at or after, in milliseconds since 1970.
    var since: Int64?
    var revokedOnly = false
    /// Only what comes after this one in the list.
    var after: Position?
    /// The certificates found at most.
    var limit: Int
    /// The certificates looked at, at most.
    var examined = 10_000

    /// Finds certificates, of one authority after the other.
    func run(_ db: Database) throws -> Found {
        var found = Found(records: [], stoppedAt: nil)
        var examined = 0
        for authority in try authorities(db) {
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: statement(from: authority)), arguments: arguments(authority))
            while let row = try rows.next() {
                examined += 1
                if matches(row) {
                    found.records.append(try CertificateRecord(row: row))
                }
                if found.records.count >= limit || examined >= self.examined {
                    found.stoppedAt = Position(authority: authority, serial: row[1])
                    return found
                }
            }
        }
        return found
    }

    /// What the indexes don't tell. Columns by number, as in ``CertificateRecord/columns``.
    private func matches(_ row: Row) -> Bool {
        if let node, node != row[6] as String { return false }
        if let label, label != row[4] as String { return false }
        if let since, (row[7] as Int64) < since { return false }
        return true
    }

    /// Every authority that has ever had certificates here, from the one where the search goes on.
    private func authorities(_ db: Database) throws -> [String] {
        let all = try MetaTable.authorities(db)
        switch order {
        case .newestFirst: return Array(all.reversed().drop { name in after.map { name > $0.authority } ?? false })
        case .oldestFirst: return Array(all.drop { name in after.map { name < $0.authority } ?? false })
        }
    }

    private func statement(from authority: String) -> String {
        var conditions = ["authority = ?"]
        if device != nil { conditions.append("device = ?") }
        if revokedOnly { conditions.append("revoked_at IS NOT NULL") }
        if since != nil { conditions.append("serial >= ?") }
        if after?.authority == authority { conditions.append(order == .newestFirst ? "serial < ?" : "serial > ?") }
        return """
            SELECT \(CertificateRecord.columns) FROM certificate
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY serial\(order == .newestFirst ? " DESC" : "")
            """
    }

    private func arguments(_ authority: String) -> StatementArguments {
        var arguments: StatementArguments = [authority]
        if let device { arguments += [device] }
        if let since {
            let lowest = since.subtractingReportingOverflow(Self.tolerance)
            arguments += [SerialNumberSource.lowest(at: lowest.overflow ? .min : lowest.partialValue)]
        }
        if let after, after.authority == authority { arguments += [after.serial] }
        return arguments
    }
}

extension MetaTable {
    /// The names of the authorities that this ledger was ever opened for, in order.
    static func authorities(_ db: Database) throws -> [String] {
        // The character after the colon ends the range.
        try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT substr(key, 11) FROM meta WHERE key >= 'authority:' AND key < 'authority;' ORDER BY key"))
    }
}
