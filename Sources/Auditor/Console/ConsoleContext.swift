internal import Hummingbird
internal import NIOCore
internal import NIOSSL

/// A request's connection, and who asks.
struct ConsoleContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Set by ``ConsoleAccess``.
    var user: ConsoleUser?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The address that asks, without its port.
    var remoteAddress: String { channel.remoteAddress?.ipAddress ?? "unknown" }
}

/// Who asks.
struct ConsoleUser: Sendable, Equatable {
    enum Role: String, Sendable, CaseIterable, Comparable {
        /// May see everything.
        case viewer
        /// May export, too.
        case auditor

        static func < (one: Role, other: Role) -> Bool { one == .viewer && other == .auditor }
    }

    var name: String
    var role: Role

    /// Where nobody needs to sign in.
    static let local = ConsoleUser(name: "local", role: .auditor)
}
