internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Testing

/// The messages of the hot paths, and those of unusual shape, come over the wire as they were.
@Suite struct MessageTests {
    private func roundTrip<Message: Codable>(_ message: Message) throws -> Message {
        try CBOR.decode(Message.self, from: CBOR.encode(message))
    }

    /// What Foundation's JSON says of it: for messages that can't be compared.
    private func facts(_ message: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(message)
    }

    @Test(arguments: EnrollmentOperation.allCases)
    func anEnrollmentIsAsItWasSent(operation: EnrollmentOperation) throws {
        let request = EnrollRequest(
            operation: operation, label: "fäctory", certificationRequest: Data(repeating: 0x30, count: 400),
            clientChain: [Data([1]), Data()], secret: Secret("s3cret/\u{0}"), channelBinding: .exempt,
            idempotencyKey: "", requestID: "r-1", remoteAddress: "2001:db8::1")
        #expect(try facts(roundTrip(request)) == facts(request))
        let bare = EnrollRequest(
            operation: operation, label: "", certificationRequest: Data(), requestID: "", remoteAddress: "")
        let read = try roundTrip(bare)
        #expect(try facts(read) == facts(bare))
        #expect(read.secret == nil)
        #expect(read.idempotencyKey == nil)
    }

    @Test(arguments: [
        EnrollReply.issued(certificate: Data([1, 2]), replayed: true), .pending(retryAfter: 60),
        .generated(certificate: Data([3]), key: .plain(SecretBytes(Data([4]))), replayed: false),
        .generated(certificate: Data([3]), key: .enveloped(Data()), replayed: false),
    ])
    func aReplyIsAsItWasSent(reply: EnrollReply) throws {
        #expect(try roundTrip(reply) == reply)
    }

    /// An enumeration says one case, and no more.
    @Test func aReplyOfTwoCasesIsRefused() throws {
        let one = try CBOR.encode(EnrollReply.pending(retryAfter: 1))
        let two =
            one.dropLast() + (try CBOR.encode(EnrollReply.issued(certificate: Data(), replayed: false))).dropFirst()
        #expect(throws: DecodingError.self) { try CBOR.decode(EnrollReply.self, from: Array(two)) }
        #expect(throws: DecodingError.self) { try CBOR.decode(EnrollReply.self, from: try CBOR.encode(Done())) }
    }

    @Test func eventsAreAsTheyWereSent() throws {
        var event = AuditEvent(.denied, time: Date())
        event.subject = "CN=\"ä\"\u{202e}"
        let lines = [try event.line(), "", "\u{0}"]
        let request = AppendEventsRequest(run: "r", firstSequence: .max, lines: lines)
        let read = try roundTrip(request)
        #expect(read.run == "r")
        #expect(read.firstSequence == .max)
        #expect(read.lines == lines)
        // A batch is measured by what its lines take.
        let envelope = try CBOR.encode(AppendEventsRequest(run: "r", firstSequence: .max, lines: [])).count
        let counted = lines.reduce(0) { $0 + AppendEventsRequest.encodedBytes(of: $1) }
        #expect(try CBOR.encode(request).count <= envelope + counted)
    }

    @Test func aTableIsAsItWasSent() throws {
        let reply = PingReply(catalogueVersion: 3, revocationLists: ["authority": 7, "": -1])
        #expect(try facts(roundTrip(reply)) == facts(reply))
    }
}
