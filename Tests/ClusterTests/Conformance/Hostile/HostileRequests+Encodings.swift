internal import TestRequests

extension HostileRequest {
    private static func row(_ input: String, _ der: [UInt8]) -> HostileRequest {
        HostileRequest(group: .encoding, input: input, outcome: .malformed, form: .der(der))
    }

    private static func row(_ input: String, _ request: TestRequest) -> HostileRequest {
        HostileRequest(group: .encoding, input: input, outcome: .malformed, form: .request(request))
    }

    /// A good request's contents, without the outer tag and length. A table that cannot be made is no table.
    private static let good: [UInt8] = {
        do {
            return try TestRequest().encoded()
        } catch {
            fatalError("no certification request can be made: \(error)")
        }
    }()

    private static let contents: [UInt8] = Array(good.dropFirst(good[1] < 0x80 ? 2 : good[1] == 0x81 ? 3 : 4))

    private static func nestedAttribute(_ levels: Int) -> TestRequest {
        TestRequest(attributes: [TestRequest.attribute("1.3.6.1.4.1.55555.1", [Part.nested(levels)])])
    }

    /// RFC 2986 §4 and X.690 §10, §11: DER, and nothing beside the three parts of a request.
    static let encodings: [HostileRequest] =
        lengths + depths + fields + [
            // RFC 2986 §4.1 has the attributes mandatory; stock clients leave them out, and nothing is gained by refusing.
            HostileRequest(
                group: .encoding, input: "no attributes, where an empty set of them is to be: issued", outcome: .issued,
                form: .request(TestRequest(omitsAttributes: true)))
        ]

    private static let lengths: [HostileRequest] = [
        row("an indefinite length (BER)", [0x30, 0x80] + contents + [0, 0]),
        row("an indefinite length within", TestRequest(subject: [0x30, 0x80] + Part.cn("x1").dropFirst(2) + [0, 0])),
        row("a length in more bytes than it needs", [0x30, 0x83, 0] + lengthBytes(contents.count) + contents),
        row("a length of 4 GB", [0x30, 0x84, 0xff, 0xff, 0xff, 0xff] + contents),
        row("a length of 2⁶⁴ − 1", [0x30, 0x88] + [UInt8](repeating: 0xff, count: 8) + contents),
        row("a length of 2⁶³", [0x30, 0x88, 0x80] + [UInt8](repeating: 0, count: 7) + contents),
        row("a length in 126 bytes", [0x30, 0xfe] + [UInt8](repeating: 0xff, count: 126) + contents),
        row("the reserved length FF", [0x30, 0xff] + contents),
        row("a length past the end", Array(good.dropLast())),
        row("a byte after the request", good + [0]),
        row("a second request after the first", good + good),
        row("a tag and no length", [0x30]),
        row("an empty SEQUENCE", [0x30, 0x00]),
        row("a primitive SEQUENCE", [0x10] + good.dropFirst()),
        row("a tag number of 2⁷⁰", [0x3f] + [UInt8](repeating: 0xff, count: 10) + [0x7f, 0x00]),
        row("random bytes", (0..<2_000).map { _ in UInt8.random(in: .min ... .max) }.withFirst(0x5a)),
    ]

    private static func lengthBytes(_ count: Int) -> [UInt8] { [UInt8(count >> 8), UInt8(count & 0xff)] }

    private static let depths: [HostileRequest] = [
        row("10,000 levels", Part.nested(10_000)),
        row("10,000 levels in an unknown attribute", nestedAttribute(10_000)),
        row("10,000 levels in a subject", TestRequest(subject: Part.subject(value: Part.nested(10_000)))),
        row(
            "10,000 levels in an otherName",
            Part.name(TestRequest.element(0xa0, [TestRequest.identifier("1.2.3"), Part.nested(10_000, tag: 0xa0)]))),
        row("10,000 levels in an extension", Part.extension("2.5.29.17", Part.nested(10_000))),
        row("48,000 SEQUENCEs without an end", [UInt8](repeating: 0x30, count: 48_000)),
        row(
            "20,000 empty attributes",
            TestRequest(attributes: [[UInt8](repeating: 0x30, count: 1) + [0x00]].repeated(20_000))),
    ]

    private static let fields: [HostileRequest] = [
        row("version v2", TestRequest(version: [0x02, 0x01, 0x01])),
        row("version v3", TestRequest(version: [0x02, 0x01, 0x02])),
        row("a negative version", TestRequest(version: [0x02, 0x01, 0xff])),
        row("a version of 1,000 bytes", TestRequest(version: Part.integer([UInt8](repeating: 1, count: 1_000)))),
        row("a version with leading zeros", TestRequest(version: [0x02, 0x02, 0x00, 0x00])),
        row("a version without a byte", TestRequest(version: [0x02, 0x00])),
        row("no version", TestRequest(version: [])),
        row("a version that is a BOOLEAN", TestRequest(version: [0x01, 0x01, 0x00])),
        row("a surplus field", TestRequest(surplus: [0x05, 0x00])),
        row("attributes under the tag [1]", TestRequest(omitsAttributes: true, surplus: [0xa1, 0x00])),
        row("attributes as a SET", TestRequest(omitsAttributes: true, surplus: [0x31, 0x00])),
        row("attributes twice", TestRequest(surplus: [0xa0, 0x00])),
        row("a SubjectPublicKeyInfo in the place of a request", TestRequest.keyInfo),
        row("two parts in the place of three", TestRequest.sequence([contents.firstElement, [0x30, 0x00]])),
    ]
}

extension [UInt8] {
    fileprivate func withFirst(_ byte: UInt8) -> [UInt8] { [byte] + dropFirst() }

    /// The first element of a sequence's contents, whose length is in at most two further bytes.
    fileprivate var firstElement: [UInt8] {
        switch self[1] {
        case 0x81: Array(prefix(3 + Int(self[2])))
        case 0x82: Array(prefix(4 + Int(self[2]) << 8 + Int(self[3])))
        default: Array(prefix(2 + Int(self[1])))
        }
    }
}

extension [[UInt8]] {
    fileprivate func repeated(_ count: Int) -> [[UInt8]] {
        (0..<count).flatMap { _ in self }
    }
}
