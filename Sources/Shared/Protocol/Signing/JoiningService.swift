package import ClusterTransport
package import Distributed

/// What the signer does for those whom an invitation lets in, and who are no nodes yet.
///
/// Who calls is ``CallContext/current``: its name is `invitation:ID`.
package protocol JoiningBackend: Sendable {
    func join(_ request: JoinRequest) async throws -> NodeDescription
}

/// The signer as somebody with an invitation sees it.
package distributed actor JoiningService {
    package typealias ActorSystem = ZeroMQActorSystem

    private let backend: any JoiningBackend

    package init(backend: any JoiningBackend, actorSystem: ZeroMQActorSystem) {
        self.backend = backend
        self.actorSystem = actorSystem
    }

    package distributed func join(_ request: JoinRequest) async throws -> NodeDescription {
        try await backend.join(request)
    }
}

/// Asks to become a node: `signing.join`. Labels and hosts are the invitation's.
///
/// The same key under the same name is answered the same again, so that an answer may get lost.
package struct JoinRequest: RemoteRequest {
    package typealias Reply = NodeDescription
    package static let method = "signing.join"

    package var name: String
    /// The new node's own CURVE key, Z85.
    package var publicKey: String
    /// Further names for its TLS certificate, each of which the invitation has to allow.
    package var hosts: [String]

    package init(name: String, publicKey: String, hosts: [String]) {
        self.name = name
        self.publicKey = publicKey
        self.hosts = hosts
    }
}
