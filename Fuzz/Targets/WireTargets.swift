internal import ClusterProtocol
internal import Foundation
internal import FuzzEngine

@testable internal import ClusterTransport

extension FuzzTarget {
    /// The frame that a peer sends, and the body that its name tells.
    static let wireFrame = FuzzTarget(name: "wire-frame") { input in
        let frame: WireFrame
        do {
            frame = try input.withUnsafeBytes { try WireFrame($0) }
        } catch {
            // Counted under this name.
            expect((error as? WireFrame.Malformed)?.cause != nil, "a frame is refused in a known way, not by \(error)")
            return
        }
        let length = WireFrame.length(name: frame.name, body: frame.body)
        expect(length == input.count, "a frame has no byte that means nothing")
        var written = [UInt8](repeating: 0, count: length)
        written.withUnsafeMutableBytes { bytes in
            WireFrame.write(
                kind: frame.kind, callID: frame.callID, budgetMilliseconds: frame.budgetMilliseconds, name: frame.name,
                body: frame.body, into: bytes)
        }
        expect(written == input, "a frame that is read is written as it was")
        expect(frame.kind != .call || WireFrame.isValidName(frame.name), "only valid names are read")
        for body in Body.all where body.name == frame.name || frame.kind != .call {
            body.check(frame.body)
        }
    }

    /// A body alone: the first byte tells which.
    static let message = FuzzTarget(name: "message") { input in
        guard let first = input.first else { return }
        Body.all[Int(first) % Body.all.count].check(Array(input.dropFirst()))
    }

    /// A type of body, and what must hold of it.
    private struct Body: Sendable {
        var name: String
        var check: @Sendable ([UInt8]) -> Void

        /// Everything that a frontend, the signer or the auditor decodes from a peer.
        static let all = [
            request(EnrollRequest.self), request(AuthenticateRequest.self), request(PingRequest.self),
            request(CatalogueRequest.self), request(NodeCertificateRequest.self), request(RevocationListRequest.self),
            request(CertificateStatusRequest.self), request(AppendEventsRequest.self),
            request(EventPositionRequest.self), request(UpdateNodesRequest.self), request(ListEventsRequest.self),
            request(CreateSecretsRequest.self), request(ListCertificatesRequest.self), request(AddNodeRequest.self),
            reply(EnrollReply.self), reply(SignedCatalogue.self), reply(PingReply.self),
            reply(NodeCertificateReply.self), reply(RevocationListPart.self), reply(CertificateStatusReply.self),
            reply(AppendEventsReply.self), reply(ListEventsReply.self), reply(Page<CertificateDescription>.self),
            reply(ServiceError.self),
        ]

        private static func request<R: RemoteRequest>(_ type: R.Type) -> Body {
            Body(name: R.method) { check(type, $0) }
        }

        private static func reply<Reply: Codable & Sendable>(_ type: Reply.Type) -> Body {
            Body(name: "") { check(type, $0) }
        }

        private static func check<Value: Codable & Sendable>(_ type: Value.Type, _ bytes: [UInt8]) {
            guard let value = try? CBOR.decode(type, from: bytes) else { return }
            let written = must("a value that was read is written") { try CBOR.encode(value) }
            let again = must("a value that was written is read") { try CBOR.decode(type, from: written) }
            expect(must("it is written again", { try CBOR.encode(again) }) == written, "a value is the same read back")
        }
    }
}
