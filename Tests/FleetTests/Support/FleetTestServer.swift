internal import Crypto
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import PKI
internal import SwiftASN1
internal import Synchronization
internal import X509

/// A small EST server in the test's own process, that records what it saw and misbehaves where it is told to.
final class FleetTestServer: Sendable {
    enum Behaviour: Sendable {
        case serves
        case answers(status: Int, retryAfter: Int)
        /// 200, with a certificate for another key.
        case issuesForOthers
        /// 200, with a text that is no base64.
        case answersNonsense
        case closesWithoutAnswer
        case neverAnswers
        /// Answers in chunks.
        case servesInChunks
        /// Says that the connection ends with the answer.
        case servesAndCloses
    }

    struct Seen: Sendable {
        var connections = 0
        var requests: [String: Int] = [:]
        var authorizations: Set<String> = []
        /// By the name of the device: the certificate that it was given last, and how often it showed another one.
        var issued: [String: [UInt8]] = [:]
        var staleCertificates = 0
        var renewalsWithoutCertificate = 0
        /// Requests in flight at once on one connection, at most, must stay 1.
        var certificates = 0
    }

    let behaviour: Behaviour
    let authority: Certificate
    private let authorityKey: Certificate.PrivateKey
    private let otherKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let state = Mutex(Seen())
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel = Mutex<(any Channel)?>(nil)

    var seen: Seen { state.withLock { $0 } }
    var port: Int { channel.withLock { $0?.localAddress?.port } ?? 0 }

    init(_ behaviour: Behaviour = .serves) async throws {
        self.behaviour = behaviour
        authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("fleet test authority") }
        authority = try Self.certificate(
            name, authorityKey.publicKey, issuer: name, key: authorityKey,
            extensions: Certificate.Extensions { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
        )
        let serverKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let server = try Self.certificate(
            try DistinguishedName { CommonName("server") }, serverKey.publicKey, issuer: name, key: authorityKey,
            extensions: Certificate.Extensions {
                SubjectAlternativeNames([.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))])
            })
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(try NIOSSLCertificate(bytes: Self.der(server), format: .der))
            ],
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(serverKey.serializeAsPEM().pemString.utf8), format: .pem)))
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates([])
        let context = try NIOSSLContext(configuration: configuration)
        let listening = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // The chain is not verified: the test compares the certificate itself.
                    try pipeline.addHandler(
                        NIOSSLServerHandler(context: context) { _, promise in promise.succeed(.certificateVerified) })
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: false)
                    try pipeline.addHandler(FleetTestHandler(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        channel.withLock { $0 = listening }
    }

    func stop() async throws {
        try await channel.withLock { $0 }?.close()
        try await group.shutdownGracefully()
    }

    func note(_ change: (inout Seen) -> Void) { state.withLock { change(&$0) } }

    /// The answer to an enrollment.
    func issue(_ body: [UInt8], presented: [UInt8]?, isRenewal: Bool) throws -> [UInt8] {
        let request = try CertificateSigningRequest(derEncoded: Base64Body.decode(body))
        let name = request.subject.description
        let key = if case .issuesForOthers = behaviour { otherKey.publicKey } else { request.publicKey }
        let certificate = try Self.der(
            Self.certificate(
                request.subject, key, issuer: authority.subject, key: authorityKey,
                extensions: Certificate.Extensions {
                    SubjectAlternativeNames([.dnsName(name.replacing("CN=", with: ""))])
                }))
        note { seen in
            if isRenewal {
                if presented == nil { seen.renewalsWithoutCertificate += 1 }
                if presented != seen.issued[name] { seen.staleCertificates += 1 }
            }
            seen.issued[name] = certificate
            seen.certificates += 1
        }
        // The chain goes along, as some servers have it.
        return CertsOnlyMessage.encode([certificate, try Self.der(authority)])
    }

    private static func certificate(
        _ subject: DistinguishedName, _ publicKey: Certificate.PublicKey, issuer: DistinguishedName,
        key: Certificate.PrivateKey, extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Date() - 3600, notValidAfter: Date() + 86_400, issuer: issuer, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: key)
    }

    static func der(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}

private final class FleetTestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: FleetTestServer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(server: FleetTestServer) {
        self.server = server
    }

    func channelActive(context: ChannelHandlerContext) {
        server.note { $0.connections += 1 }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part):
            body += part.readableBytesView
        case .end:
            if let head { answer(context, head) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        let operation = head.uri.split(separator: "/").last.map(String.init) ?? ""
        server.note { seen in
            seen.requests[operation, default: 0] += 1
            for value in head.headers["Authorization"] { seen.authorizations.insert(value) }
        }
        switch server.behaviour {
        case .neverAnswers: return
        case .closesWithoutAnswer: context.close(promise: nil)
        case .answers(let status, let retryAfter):
            write(context, status, Array("Not now.\r\nLater.".utf8), ["Retry-After": "\(retryAfter)"])
        case .answersNonsense: write(context, 200, Array("%%%".utf8))
        case .serves, .servesInChunks, .servesAndCloses, .issuesForOthers:
            do {
                write(context, 200, try content(context, operation))
            } catch {
                write(context, 500, Array("\(error)".utf8))
            }
        }
    }

    private func content(_ context: ChannelHandlerContext, _ operation: String) throws -> [UInt8] {
        switch operation {
        case "cacerts":
            let message = CertsOnlyMessage.encode([try FleetTestServer.der(server.authority)])
            return Array(Base64Body.encode(message, layout: .lines).utf8)
        case "csrattrs": return Array("MAA=".utf8)
        default:
            let shown = try context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self).peerCertificate
            let message = try server.issue(
                body, presented: try shown?.toDERBytes(), isRenewal: operation == "simplereenroll")
            return Array(Base64Body.encode(message, layout: .lines).utf8)
        }
    }

    private func write(
        _ context: ChannelHandlerContext, _ status: Int, _ content: [UInt8], _ headers: HTTPHeaders = [:]
    ) {
        var headers = headers
        var closes = false
        switch server.behaviour {
        case .servesInChunks: headers.add(name: "Transfer-Encoding", value: "chunked")
        case .servesAndCloses:
            headers.add(name: "Connection", value: "close")
            headers.add(name: "Content-Length", value: "\(content.count)")
            closes = true
        default: headers.add(name: "Content-Length", value: "\(content.count)")
        }
        context.write(
            wrapOutboundOut(.head(.init(version: .http1_1, status: .init(statusCode: status), headers: headers))),
            promise: nil)
        let half = content.count / 2
        for part in [content[..<half], content[half...]] {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: part)))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        if closes {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
