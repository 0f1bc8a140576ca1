internal import Foundation
internal import NIOCore
internal import NIOHTTP1
package import X509

/// One enrollment or renewal, from the first connection to the certificate (RFC 7030 §4.2).
///
/// The key is made before and stays the same over all tries: a server that issued a certificate whose answer was lost
/// can give the same one again.
package struct Enrollment: Sendable {
    package enum Operation: String, Sendable {
        /// RFC 7030 §4.2.1
        case enroll = "simpleenroll"
        /// RFC 7030 §4.2.2
        case renew = "simplereenroll"
    }

    package enum ChannelBindingUse: String, CaseIterable, Sendable {
        /// Where the server's csrattrs ask for it.
        case asked
        case always
        case never
    }

    /// What happens on the way, for whoever watches.
    package enum Step: Sendable, Equatable {
        /// The server wants the request to wait for a person, and to be sent again after so many seconds.
        case waitsForApproval(seconds: Double)
        /// A try failed; the next one comes after so many seconds.
        case failed(reason: String, seconds: Double)
    }

    package var client: ESTClient
    package var operation: Operation
    package var wanted: WantedCertificate
    package var key: DeviceKey
    package var channelBinding = ChannelBindingUse.asked
    /// Whether the server is asked what it wants requests to contain.
    package var followsAttributes = true
    package var patience = Patience()
    /// Waits for so many seconds. Tests don't.
    var pause: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

    package init(client: ESTClient, operation: Operation, wanted: WantedCertificate, key: DeviceKey) {
        self.client = client
        self.operation = operation
        self.wanted = wanted
        self.key = key
    }

    /// Gets the certificate, and goes on trying as long as ``patience`` says.
    ///
    /// - Throws: ``DeviceError``: `refused` at once, `unreachable` and `serverFailed` when the tries are used up,
    ///   `stillPending` when the approval did not come in time.
    package func run(watching report: @Sendable (Step) -> Void = { _ in }) async throws -> Certificate {
        var (failures, waited) = (0, 0.0)
        while true {
            do {
                switch try await once() {
                case .issued(let certificate):
                    return certificate
                case .pending(let seconds):
                    guard waited + seconds <= patience.approval else {
                        throw DeviceError(
                            .stillPending, "The request waits for approval; ask again later, with the same key.",
                            status: 202, retryAfter: seconds)
                    }
                    failures = 0
                    waited += seconds
                    report(.waitsForApproval(seconds: seconds))
                    try await pause(seconds)
                }
            } catch let error as DeviceError where error.isTransient {
                failures += 1
                guard failures < patience.maximumFailures else { throw error }
                let seconds = patience.pause(
                    failures: failures, asked: error.retryAfter, jitter: Double.random(in: 0...1))
                report(.failed(reason: error.message, seconds: seconds))
                try await pause(seconds)
            }
        }
    }

    private enum Outcome {
        case issued(Certificate)
        case pending(seconds: Double)
    }

    private func once() async throws -> Outcome {
        let connection = try await client.connect()
        do {
            let outcome = try await once(on: connection)
            await connection.close()
            return outcome
        } catch {
            await connection.close()
            throw error
        }
    }

    private func once(on connection: ESTConnection) async throws -> Outcome {
        // On the connection of the request: the channel binding is that one's.
        let wishes = followsAttributes ? try await client.attributes(on: connection) : CSRAttributesAnswer()
        let request = try wanted.certificationRequest(
            key: key, wishes: wishes, challengePassword: try challengePassword(wishes, connection))
        var headers = client.credentials(ESTClient.acceptAnything)
        headers.add(name: "Content-Type", value: "application/pkcs10")
        headers.add(name: "Content-Transfer-Encoding", value: "base64")
        let answer = try await connection.perform(
            ESTRequest(
                method: .POST, path: client.server.path(operation.rawValue), headers: headers,
                body: ByteBuffer(string: Data(request).base64EncodedString(options: .lineLength64Characters) + "\n")))
        switch answer.status {
        case 200:
            let certificates = try answer.certificates()
            // «The certificate» is the one for this key: some servers send the chain along.
            guard let certificate = certificates.first(where: { $0.publicKey == key.publicKey }) else {
                throw DeviceError(.badAnswer, "The server's answer has no certificate for this device's key.")
            }
            return .issued(certificate)
        case 202:
            return .pending(seconds: answer.headers.retryAfter(now: Date()) ?? 60)
        default:
            throw DeviceError(refusing: answer, now: Date())
        }
    }

    private func challengePassword(_ wishes: CSRAttributesAnswer, _ connection: ESTConnection) throws -> String? {
        switch channelBinding {
        case .never: return nil
        case .asked: guard wishes.needsChannelBinding else { return nil }
        case .always: break
        }
        guard let binding = connection.channelBinding else {
            throw DeviceError(.unexpected, "This connection has no channel binding.")
        }
        return Data(binding).base64EncodedString()
    }
}

extension DeviceError {
    /// Whether another try may go better.
    fileprivate var isTransient: Bool { code == .unreachable || code == .serverFailed }
}
