internal import Crypto
internal import CryptoExtras
internal import Foundation

/// A password as it is kept: scrypt (RFC 7914) with a salt of its own.
package struct PasswordHash: Sendable, Equatable {
    /// 32 MiB and about a tenth of a second for each attempt.
    private static let standardRounds = 1 << 15
    private static let blockSize = 8
    private static let parallelism = 1
    private static let bytes = 32

    private let rounds: Int
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Hashes a new password.
    package init(password: String) throws {
        var generator = SystemRandomNumberGenerator()
        salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        rounds = Self.standardRounds
        hash = try Self.derive(password, salt: salt, rounds: rounds)
    }

    /// Reads `scrypt:ROUNDS:SALT:HASH`; nil for another text, and for rounds that would take too much memory.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "scrypt", let rounds = Int(parts[1]), (1 << 14...1 << 17).contains(rounds),
            rounds.nonzeroBitCount == 1, let salt = Data(base64Encoded: String(parts[2])), salt.count >= 16,
            let hash = Data(base64Encoded: String(parts[3])), hash.count == Self.bytes
        else { return nil }
        self.rounds = rounds
        self.salt = Array(salt)
        self.hash = Array(hash)
    }

    package var text: String {
        "scrypt:\(rounds):\(Data(salt).base64EncodedString()):\(Data(hash).base64EncodedString())"
    }

    /// Takes as long for a wrong password as for the right one.
    package func matches(_ password: String) throws -> Bool {
        let derived = try Self.derive(password, salt: salt, rounds: rounds)
        return zip(derived, hash).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0 && derived.count == hash.count
    }

    private static func derive(_ password: String, salt: [UInt8], rounds: Int) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: bytes, rounds: rounds, blockSize: blockSize,
            parallelism: parallelism)
        return key.withUnsafeBytes { Array($0) }
    }
}
