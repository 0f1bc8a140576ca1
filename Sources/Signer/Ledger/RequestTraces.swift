internal import Foundation
internal import GRDB

/// What kinds of entries the ledger has about a request or its key: nearly always none, which one statement tells.
struct RequestTraces: OptionSet, Sendable {
    let rawValue: Int

    static let outcome = RequestTraces(rawValue: 1)
    static let approval = RequestTraces(rawValue: 2)
    static let keyBlock = RequestTraces(rawValue: 4)

    private static let query = """
        SELECT EXISTS (SELECT 1 FROM outcome WHERE digest = ?1)
            + 2 * EXISTS (SELECT 1 FROM approval WHERE digest = ?1)
            + 4 * EXISTS (SELECT 1 FROM blocked_key WHERE key_sha256 = ?2)
        """

    static func find(_ db: Database, digest: Data, keySHA256: Data) throws -> RequestTraces {
        RequestTraces(
            rawValue: try Int.fetchOne(db.cachedStatement(sql: query), arguments: [digest, keySHA256]) ?? 0)
    }
}
