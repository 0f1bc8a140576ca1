internal import Foundation
internal import GRDB

/// Values of rows that anybody may have written: of any type, whatever the column says.
extension Row {
    /// nil for anything but a whole number.
    func integer(_ column: Int) -> Int64? {
        Int64.fromDatabaseValue(self[column] as DatabaseValue)
    }

    /// The bytes of a blob; nil for anything else. Texts are read with `CAST(… AS BLOB)`: then no byte of them is lost.
    func bytes(_ column: Int) -> [UInt8]? {
        Data.fromDatabaseValue(self[column] as DatabaseValue).map(Array.init)
    }

    /// A text that was read as a blob.
    func text(_ column: Int) -> String? {
        bytes(column).flatMap { String(validating: $0, as: UTF8.self) }
    }
}

/// A database that is only read.
enum DatabaseCopy {
    /// - Throws: ``VerificationError`` where the file can't be opened.
    static func open(_ path: String) throws -> DatabaseQueue {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw VerificationError("\(path) can't be read.")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            return try DatabaseQueue(path: path, configuration: configuration)
        } catch let error as DatabaseError {
            throw VerificationError(
                "\(path) can't be opened: \(error.message ?? "\(error.resultCode)"). A copy has to be in a folder that"
                    + " this user may write to, since SQLite keeps a file beside it.")
        }
    }
}

/// Why nothing could be verified: one sentence.
package struct VerificationError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
