internal import ClusterProtocol
internal import ConsoleUsers
internal import Crypto
internal import Dispatch
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOSSL
internal import SwiftASN1
internal import Synchronization
internal import X509

/// Decides who asks, and whether they may.
struct ConsoleAccess: Sendable {
    static let cookieName = "estuary-session"
    /// Each takes 32 MiB and a processor.
    private static let maximumAttempts = 2

    private let configuration: ConsoleAccessConfiguration
    private let bodyBytes: Int
    private let journal: ConsoleJournal
    private let sessions: ConsoleSessions
    private let failures: SignInFailures
    private let attempts = AttemptCount()
    /// What a password of nobody is compared with, so that it takes as long.
    private let nobody: PasswordHash?

    /// - Throws: ``ConsoleUserError`` where the users can't be read.
    init(_ configuration: ConsoleConfiguration, journal: ConsoleJournal, now: @escaping @Sendable () -> Date) throws {
        self.configuration = configuration.access
        self.journal = journal
        bodyBytes = configuration.limits.bodyBytes
        sessions = ConsoleSessions(
            limit: configuration.access.sessions, lifetime: configuration.access.sessionLifetime)
        failures = SignInFailures(limit: configuration.access.failures, window: configuration.access.failureWindow)
        if let users = configuration.access.users { _ = try ConsoleUserFile(path: users) }
        nobody = try configuration.access.users.map { _ in try PasswordHash(password: UUID().uuidString) }
    }

    /// The request's context with who asks.
    ///
    /// - Throws: ``ConsoleError`` with 401 where nobody is signed in, and 403 where the role is not enough.
    func admit(
        _ request: Request, _ context: ConsoleContext, to access: ConsoleRoute.Access
    ) async throws -> ConsoleContext {
        var context = context
        if access == .anyone { return context }
        context.user = try await user(of: request, context)
        if access == .tiles, configuration.opened == .checkpointAndTiles { return context }
        guard let user = context.user else { throw ConsoleError.signInNeeded }
        if access == .auditor, user.role < .auditor {
            throw ConsoleError(.forbidden, "auditor-needed", "This needs the role auditor; yours is viewer.")
        }
        return context
    }

    private func user(of request: Request, _ context: ConsoleContext) async throws -> ConsoleUser? {
        guard configuration.needsSignIn else { return .local }
        if let user = try await certified(context) { return user }
        guard let path = configuration.users, let cookie = request.cookies[Self.cookieName]?.value,
            let session = sessions.find(cookie)
        else { return nil }
        // Who was removed, or has another password or role, is out at once.
        let known = try ConsoleUserFile(path: path).users.first { $0.name == session.user.name }
        guard let known, session.credential == Self.credential(known) else {
            sessions.end(cookie)
            return nil
        }
        return session.user
    }

    /// The operator whose certificate the connection proved; TLS has verified it against the operators' authority.
    private func certified(_ context: ConsoleContext) async throws -> ConsoleUser? {
        guard configuration.operatorCA != nil,
            let certificate = try await context.channel.nioSSL_peerCertificate().get(),
            let parsed = try? Certificate(derEncoded: certificate.toDERBytes())
        else { return nil }
        let names = parsed.subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.commonName }
        guard names.count == 1, parsed.notValidAfter > Date() else { return nil }
        let name = names[0].value.description
        guard let role = configuration.operators[name] else { return nil }
        return ConsoleUser(name: name, role: role)
    }

    private static func credential(_ user: ConsoleUserFile.User) -> String { user.role + " " + user.hash.text }

    // MARK: Signing in and out

    private struct SignIn: Decodable {
        var user: String
        var password: String
    }

    private func signIn(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        guard let path = configuration.users else {
            throw ConsoleError.invalid("Nobody signs in with a password here: console.users is not set.")
        }
        let body = try await request.body.collect(upTo: bodyBytes)
        guard let attempt = try? JSONDecoder().decode(SignIn.self, from: Data(body.readableBytesView)),
            attempt.password.utf8.count <= ConsoleUserFile.longestPassword, attempt.user.utf8.count <= 64
        else { throw ConsoleError.invalid("The body is {\"user\":\"…\",\"password\":\"…\"}.") }
        let keys = ["user " + attempt.user, "address " + context.remoteAddress]
        if let seconds = failures.wait(keys) {
            try await journal.failedToSignIn(from: context.remoteAddress, reason: "too-many-failures")
            throw ConsoleError(
                .tooManyRequests, "too-many-failures", "Too many attempts have failed. Wait.", retryAfter: seconds)
        }
        guard attempts.take(Self.maximumAttempts) else { throw ConsoleError.busy("attempts to sign in") }
        defer { attempts.give() }
        failures.begin(keys)
        let known = try ConsoleUserFile(path: path).users.first { $0.name == attempt.user }
        let hash = known?.hash ?? nobody
        let isRight = try await Self.away { try hash?.matches(attempt.password) ?? false }
        guard let known, isRight, let role = ConsoleUser.Role(rawValue: known.role) else {
            try await journal.failedToSignIn(from: context.remoteAddress, reason: "wrong-password")
            throw ConsoleError(.unauthorized, "wrong-password", "The user or the password is wrong.")
        }
        failures.forgive(keys)
        let user = ConsoleUser(name: known.name, role: role)
        try await journal.signedIn(user, from: context.remoteAddress, by: .password)
        var response = Self.session(user)
        response.setCookie(cookie(sessions.begin(user, credential: Self.credential(known)), maxAge: nil))
        return response
    }

    private func signOut(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        if let cookie = request.cookies[Self.cookieName]?.value { sessions.end(cookie) }
        if let user = context.user, configuration.needsSignIn {
            try await journal.signedOut(user, from: context.remoteAddress)
        }
        var response = Response(status: .noContent)
        response.setCookie(cookie("", maxAge: 0))
        return response
    }

    private func cookie(_ value: String, maxAge: Int?) -> Cookie {
        Cookie(
            name: Self.cookieName, value: value, maxAge: maxAge, path: "/", secure: configuration.tls != nil,
            httpOnly: true, sameSite: .strict)
    }

    private static func session(_ user: ConsoleUser) -> Response {
        ConsoleAnswer.json(["user": user.name, "role": user.role.rawValue])
    }

    /// Away from the few threads that everything else runs on.
    private static func away<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }

    var routes: [ConsoleRoute] {
        let path = "/api/v1/session"
        return [
            ConsoleRoute(
                path: path, access: .viewer, summary: "Who is signed in.",
                answer: .init(type: "application/json", schema: "Session"),
                handler: { _, context in Self.session(context.user ?? .local) }),
            ConsoleRoute(
                method: .post, path: path, access: .anyone, summary: "Sign in; the answer has the session's cookie.",
                body: "SignIn", answer: .init(type: "application/json", schema: "Session"),
                handler: { request, context in try await signIn(request, context) }),
            ConsoleRoute(
                method: .delete, path: path, access: .viewer, summary: "Sign out.",
                answer: .init(type: "application/json", status: 204),
                handler: { request, context in try await signOut(request, context) }),
        ]
    }
}

/// How many attempts to sign in are looked at now.
private final class AttemptCount: Sendable {
    private let count = Mutex(0)

    func take(_ limit: Int) -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func give() { count.withLock { $0 -= 1 } }
}
