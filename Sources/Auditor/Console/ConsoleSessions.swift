internal import Crypto
internal import Foundation
internal import Synchronization

/// Who is signed in: by the hash of the cookie, so that the memory of this process gives no cookie away.
final class ConsoleSessions: Sendable {
    struct Session: Sendable {
        var user: ConsoleUser
        /// The user's line in the file: with another password or role a session ends.
        var credential: String
        var end: ContinuousClock.Instant
    }

    private let limit: Int
    private let lifetime: Duration
    private let sessions = Mutex<[[UInt8]: Session]>([:])

    init(limit: Int, lifetime: Duration) {
        self.limit = limit
        self.lifetime = lifetime
    }

    /// - Returns: the cookie, 256 random bits.
    func begin(_ user: ConsoleUser, credential: String) -> String {
        let token = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let text = token.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
        let now = ContinuousClock.now
        sessions.withLock { sessions in
            if sessions.count >= limit { sessions = sessions.filter { $0.value.end > now } }
            if sessions.count >= limit, let oldest = sessions.min(by: { $0.value.end < $1.value.end }) {
                sessions[oldest.key] = nil
            }
            sessions[Self.key(text)] = Session(user: user, credential: credential, end: now.advanced(by: lifetime))
        }
        return text
    }

    func find(_ cookie: String) -> Session? {
        guard cookie.utf8.count == 43 else { return nil }
        let key = Self.key(cookie)
        return sessions.withLock { sessions in
            guard let session = sessions[key] else { return nil }
            guard session.end > .now else {
                sessions[key] = nil
                return nil
            }
            return session
        }
    }

    func end(_ cookie: String) {
        let key = Self.key(cookie)
        sessions.withLock { $0[key] = nil }
    }

    private static func key(_ cookie: String) -> [UInt8] { Array(SHA256.hash(data: Data(cookie.utf8))) }
}

/// How often someone failed to sign in, by user and by address.
final class SignInFailures: Sendable {
    /// Beyond it those are forgotten that failed longest ago.
    private static let maximumEntries = 10_000

    private struct Entry {
        var count: Int
        var until: ContinuousClock.Instant
    }

    private let limit: Int
    private let window: Duration
    private let entries = Mutex<[String: Entry]>([:])

    init(limit: Int, window: Duration) {
        self.limit = limit
        self.window = window
    }

    /// Seconds to wait; nil where another attempt is allowed.
    func wait(_ keys: [String]) -> Int? {
        let now = ContinuousClock.now
        return entries.withLock { entries in
            keys.compactMap { key in
                guard let entry = entries[key], entry.until > now, entry.count >= limit else { return nil }
                return Int((entry.until - now).components.seconds) + 1
            }.max()
        }
    }

    /// Counted before the password is looked at, so that many attempts at once are no more than one after another.
    func begin(_ keys: [String]) {
        let now = ContinuousClock.now
        entries.withLock { entries in
            if entries.count >= Self.maximumEntries { entries = entries.filter { $0.value.until > now } }
            while entries.count >= Self.maximumEntries,
                let oldest = entries.min(by: { $0.value.until < $1.value.until })
            {
                entries[oldest.key] = nil
            }
            for key in keys {
                if let entry = entries[key], entry.until > now {
                    entries[key]?.count = entry.count + 1
                } else {
                    entries[key] = Entry(count: 1, until: now.advanced(by: window))
                }
            }
        }
    }

    /// The attempt was good.
    func forgive(_ keys: [String]) {
        entries.withLock { entries in
            for key in keys { entries[key]?.count -= 1 }
        }
    }
}
