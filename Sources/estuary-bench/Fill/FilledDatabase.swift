internal import Foundation
internal import GRDB

/// A database of a stopped process, opened to be filled at once and without any care for crashes.
struct FilledDatabase {
    private static let rowsPerTransaction = 100_000

    let queue: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                    PRAGMA cache_size = -500000;
                    """)
        }
    }

    /// Does something for the rows from 0 to `count`, in large transactions.
    func fill(_ what: String, count: Int, _ insert: (Database, Int) throws -> Void) throws {
        try queue.inDatabase { db in
            var next = 0
            while next < count {
                let end = min(count, next + Self.rowsPerTransaction)
                try db.execute(sql: "BEGIN IMMEDIATE")
                while next < end {
                    try insert(db, next)
                    next += 1
                }
                try db.execute(sql: "COMMIT")
                if next % 1_000_000 == 0 { Progress.say("\(what): \(next) of \(count)") }
            }
        }
    }

    /// Without its secondary indexes while the body runs: they are made anew at the end, sorted, which is much quicker.
    func withoutIndexes(_ body: () throws -> Void) throws {
        let indexes = try queue.inDatabase { db in
            try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
                .map { (name: $0[0] as String, sql: $0[1] as String) }
        }
        try queue.inDatabase { db in
            for index in indexes { try db.execute(sql: "DROP INDEX \(index.name)") }
        }
        try body()
        try queue.inDatabase { db in
            for index in indexes { try db.execute(sql: index.sql) }
        }
    }

    func close() throws {
        try queue.close()
    }

}
