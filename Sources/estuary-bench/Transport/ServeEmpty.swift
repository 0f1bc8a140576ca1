internal import ArgumentParser
internal import ClusterTransport
internal import Foundation
internal import Logging

/// The other end of the transport's measurement, in a process of its own: `estuary-bench serve-empty`.
///
/// Prints where it listens and its key, and ends with its standard input.
struct ServeEmpty: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-empty", abstract: "Serve a method that does nothing.", shouldDisplay: false)

    @Option(help: "The caller's CURVE public key.")
    var caller: String

    func run() async throws {
        let key = try CurveKeyPair.generate()
        let system = try ZeroMQActorSystem(logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        system.allow([AllowedNode(name: "bench", role: .frontend, keys: [try CurvePublicKey(z85: caller)])])
        let endpoint = try await system.listen(
            ListenerConfiguration(
                endpoint: "tcp://127.0.0.1:0", security: .curve(key),
                lanes: [Lane(name: MethodTable.emptyLane, concurrency: 64, capacity: 2048)]),
            methods: .empty(EmptyService(actorSystem: system)))
        FileHandle.standardOutput.write(Data("\(endpoint) \(key.publicKey.z85)\n".utf8))
        await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread {
                while FileHandle.standardInput.availableData.count > 0 {}
                ended.resume()
            }
        }
        await system.shutdown()
    }
}
