internal import Distributed
internal import Synchronization

@testable internal import ClusterTransport

/// Answers with what it was sent, and with who sent it.
struct EchoRequest: RemoteRequest {
    typealias Reply = EchoReply
    static let method = "test.echo"
    var text: String
}

struct EchoReply: Codable, Sendable, Equatable {
    var text: String
    var peer: String
}

/// Waits until the test opens the gate.
struct HoldRequest: RemoteRequest {
    typealias Reply = Done
    static let method = "test.hold"
    var name: String
}

/// Throws what the test asks for.
struct FailRequest: RemoteRequest {
    typealias Reply = Done
    static let method = "test.fail"
    var isForeseen: Bool
}

/// A method for operators alone.
struct TouchRequest: RemoteRequest {
    typealias Reply = EchoReply
    static let method = "test.touch"
}

/// Answers with so many bytes.
struct FillRequest: RemoteRequest {
    typealias Reply = EchoReply
    static let method = "test.fill"
    var count: Int
}

struct UnforeseenError: Error {}

/// The texts that the service was sent, and the gate that `hold` waits at.
actor TestBackend {
    private(set) var received: [String] = []
    private(set) var deadlines: [ContinuousClock.Instant] = []
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func receive(_ text: String) {
        received.append(text)
        if let context = CallContext.current { deadlines.append(context.deadline) }
    }

    func pass() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for continuation in waiting {
            continuation.resume()
        }
        waiting = []
    }
}

distributed actor TestService {
    typealias ActorSystem = ZeroMQActorSystem

    private let backend: TestBackend

    init(backend: TestBackend, actorSystem: ZeroMQActorSystem) {
        self.backend = backend
        self.actorSystem = actorSystem
    }

    distributed func echo(_ request: EchoRequest) async throws -> EchoReply {
        let peer = try CallContext.required().peer
        await backend.receive(request.text)
        return EchoReply(text: request.text, peer: peer.name)
    }

    distributed func hold(_ request: HoldRequest) async throws -> Done {
        await backend.receive(request.name)
        await backend.pass()
        return Done()
    }

    distributed func fail(_ request: FailRequest) async throws -> Done {
        guard request.isForeseen else { throw UnforeseenError() }
        throw ServiceError(
            .init(rawValue: "name-held"), "The name is held.", retryAfter: 7, reason: .init(rawValue: "by-another"),
            cause: UnforeseenError())
    }

    distributed func touch(_ request: TouchRequest) async throws -> EchoReply {
        EchoReply(text: "touched", peer: try CallContext.required().peer.name)
    }

    distributed func fill(_ request: FillRequest) async throws -> EchoReply {
        EchoReply(text: String(repeating: "x", count: request.count), peer: "")
    }
}

extension MethodTable {
    static func test(_ service: TestService) -> MethodTable {
        let everyone = Set(NodeRole.allCases)
        var table = MethodTable()
        table.add(EchoRequest.self, roles: everyone, lane: "quick") { try await service.echo($0) }
        table.add(FailRequest.self, roles: everyone, lane: "quick") { try await service.fail($0) }
        table.add(FillRequest.self, roles: everyone, lane: "quick") { try await service.fill($0) }
        table.add(HoldRequest.self, roles: everyone, lane: "slow") { try await service.hold($0) }
        table.add(TouchRequest.self, roles: [.operator], lane: "quick") { try await service.touch($0) }
        return table
    }
}
