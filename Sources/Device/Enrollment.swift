internal import Foundation
internal import NIOCore
internal import NIOHTTP1
package import X509

/// One enrollment or renewal, from the first connection to the certificate (RFC 7030 §4.2, §4.4).
///
/// The key stays the same over all tries: a server that issued a certificate whose answer was lost can give the same one
/// again.
package struct Enrollment: Sendable {
    package enum Operation: String, Sendable {
        /// RFC 7030 §4.2.1
        case enroll = "simpleenroll"
        /// RFC 7030 §4.2.2
        case renew = "simplereenroll"
    }

    package enum ChannelBindingUse: String, CaseIterable, Sendable {
        /// Where the server's csrattrs ask for it.
        case asked = "auto"
        case always
        case never
    }

    package var client: ESTClient
    package var wanted: WantedCertificate
    package var channelBinding = ChannelBindingUse.asked
    /// Whether the server is asked what it wants requests to contain.
    package var followsAttributes = true

    package init(client: ESTClient, wanted: WantedCertificate) {
        self.client = client
        self.wanted = wanted
    }

    /// Gets the certificate, and goes on trying as long as the client's patience says.
    ///
    /// - Parameter key: gives the key for the kind that the server wants, nil where any will do. Asked once.
    /// - Returns: the certificate for the key, and all that came with it.
    /// - Throws: ``DeviceError``: `refused` at once, `unreachable` and `serverFailed` when the time is used up,
    ///   `stillPending` when the approval did not come in time.
    package func run(
        _ operation: Operation, key: (CSRAttributesAnswer) throws -> DeviceKey
    ) async throws -> Issued {
        try await run(operation.rawValue, key: key) { answer, key in
            let certificates = try answer.certificates()
            // «The certificate» is the one for this key: some servers send the chain along.
            guard let certificate = certificates.first(where: { $0.publicKey == key.publicKey }) else {
                throw DeviceError(.badAnswer, "The server's answer has no certificate for this device's key.")
            }
            return Issued(key: key, certificate: certificate, others: certificates.filter { $0 != certificate })
        }
    }

    /// Asks for a key that the server makes, and its certificate (RFC 7030 §4.4).
    ///
    /// The request is signed with a key of its own, which is thrown away.
    package func runServerKeyGeneration(protection: KeyProtectionWish? = nil) async throws -> GeneratedKey {
        let attributes = try protection?.attributes() ?? []
        return try await run(
            "serverkeygen", attributes: attributes, key: { _ in try DeviceKey.generate(.p256) },
            read: { answer, _ in try GeneratedKey(answer) })
    }

    private func run<Value>(
        _ operation: String, attributes: [CertificateSigningRequest.Attribute] = [],
        key makeKey: (CSRAttributesAnswer) throws -> DeviceKey, read: (ESTResponse, DeviceKey) throws -> Value
    ) async throws -> Value {
        var agreed: (wishes: CSRAttributesAnswer, key: DeviceKey)?
        return try await client.tries.run {
            try await ESTSession.with(client) { session in
                if agreed == nil {
                    let wishes = try await wishes(in: session)
                    agreed = (wishes, try makeKey(wishes))
                }
                guard let (wishes, key) = agreed else { throw DeviceError(.unexpected, "There is no key.") }
                let answer = try await session.perform(operation) { connection, path in
                    try request(path, wishes, key, attributes, connection)
                }
                switch answer.status {
                case 200: return .done(try read(answer, key))
                case 202: return .pending(retryAfter: answer.headers.retryAfter(now: Date()))
                default: throw refusal(answer, wishes)
                }
            }
        }
    }

    /// Some of what a server's csrattrs list it may do without, so that only a refusal makes it worth a word.
    private func refusal(_ answer: ESTResponse, _ wishes: CSRAttributesAnswer) -> DeviceError {
        let error = DeviceError(refusing: answer, now: Date())
        let missing = wanted.missing(wishes)
        guard [400, 403, 422].contains(answer.status), !missing.isEmpty else { return error }
        return DeviceError(
            error.code,
            "\(error.message) Its csrattrs ask for \(missing.map(AttributeNames.text).joined(separator: ", ")), "
                + "which the request does not have.", status: error.status)
    }

    private func wishes(in session: ESTSession) async throws -> CSRAttributesAnswer {
        guard followsAttributes, let encoded = try await client.encodedAttributes(in: session) else {
            return CSRAttributesAnswer()
        }
        return try CSRAttributesAnswer(derEncoded: encoded)
    }

    /// The request as it goes over this connection: its channel binding is that one's.
    private func request(
        _ path: String, _ wishes: CSRAttributesAnswer, _ key: DeviceKey,
        _ attributes: [CertificateSigningRequest.Attribute], _ connection: ESTConnection
    ) throws -> ESTRequest {
        let request = try wanted.certificationRequest(
            key: key, wishes: wishes, challengePassword: try challengePassword(wishes, connection), others: attributes)
        var headers = client.credentials(ESTClient.acceptAnything)
        headers.add(name: "Content-Type", value: "application/pkcs10")
        headers.add(name: "Content-Transfer-Encoding", value: "base64")
        return ESTRequest(
            method: .POST, path: path, headers: headers,
            body: ByteBuffer(
                string: Data(request).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
                    + "\n"))
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

/// What an enrollment led to.
package struct Issued: Sendable {
    package var key: DeviceKey
    package var certificate: Certificate
    /// What else the server sent: often the authority's certificates.
    package var others: [Certificate]
}
