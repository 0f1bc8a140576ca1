internal import DurableFiles
internal import Foundation

/// The users of the auditor's console: a file with one a line, `NAME ROLE HASH`, that only its owner may read.
package struct ConsoleUserFile: Sendable {
    package struct User: Sendable, Equatable {
        package var name: String
        /// `viewer` or `auditor`.
        package var role: String
        package var hash: PasswordHash

        package init(name: String, role: String, hash: PasswordHash) {
            self.name = name
            self.role = role
            self.hash = hash
        }
    }

    package static let roles = ["viewer", "auditor"]
    package static let maximumUsers = 1000
    package static let shortestPassword = 12
    package static let longestPassword = 512

    package private(set) var users: [User]

    /// Reads the file; one that is not there has no users.
    ///
    /// - Throws: ``ConsoleUserError`` where others may read it, or a line is none.
    package init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            users = []
            return
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0o777
        guard mode & 0o077 == 0 else {
            throw ConsoleUserError("\(path) can be read by others. Make it private: chmod 600 \(path)")
        }
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        guard contents.count <= 1 << 20 else { throw ConsoleUserError("\(path) is too large.") }
        users = []
        for (number, line) in String(decoding: contents, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            guard parts.count == 3, Self.isName(parts[0]), Self.roles.contains(String(parts[1])),
                let hash = PasswordHash(parts[2]), users.count < Self.maximumUsers,
                !users.contains(where: { $0.name == parts[0] })
            else {
                throw ConsoleUserError("\(path):\(number + 1): a line is «NAME viewer|auditor HASH», each name once.")
            }
            users.append(User(name: String(parts[0]), role: String(parts[1]), hash: hash))
        }
    }

    /// Adds a user, or gives the one of that name another password and role.
    package mutating func set(_ user: User) throws {
        guard Self.isName(user.name), Self.roles.contains(user.role) else {
            throw ConsoleUserError(
                "A user's name has from 1 to 64 of A-Z a-z 0-9 . _ - @, the role is viewer or auditor.")
        }
        remove(user.name)
        guard users.count < Self.maximumUsers else { throw ConsoleUserError("There are \(Self.maximumUsers) users.") }
        users.append(user)
    }

    /// - Returns: whether there was one.
    @discardableResult
    package mutating func remove(_ name: String) -> Bool {
        let count = users.count
        users.removeAll { $0.name == name }
        return users.count < count
    }

    package func write(to path: String) throws {
        let lines = users.map { "\($0.name) \($0.role) \($0.hash.text)\n" }.joined()
        try DurableFile.replace(path: path, contents: Data(lines.utf8), mode: 0o600)
    }

    private static func isName(_ name: some StringProtocol) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || "._-@".utf8.contains(byte)
            }
    }
}

/// What is wrong with the console's users.
package struct ConsoleUserError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
