internal import Testing

@testable internal import ClusterTransport

@Suite struct AuthenticationRequestTests {
    private func request(
        domain: String, address: String = "127.0.0.1", mechanism: String, credentials: [[UInt8]] = []
    ) throws -> AuthenticationRequest {
        let texts = ["1.0", "1", domain, address, "", mechanism]
        return try #require(AuthenticationRequest(frames: texts.map { Array($0.utf8) } + credentials))
    }

    private static func bytes(of key: CurvePublicKey) -> [UInt8] {
        let groups = Array(key.z85.utf8)
        return (0..<8).flatMap { index in
            withUnsafeBytes(of: Z85.decode(groups[index * 5..<index * 5 + 5])!.bigEndian) { Array($0) }
        }
    }

    @Test func knownKeyIsAdmittedByItsText() throws {
        let key = try CurveKeyPair.generate().publicKey
        let other = try CurveKeyPair.generate().publicKey
        let list = AllowList([AllowedNode(name: "a", role: .frontend, keys: [key])])
        let known = try request(domain: "cluster", mechanism: "CURVE", credentials: [Self.bytes(of: key)])
        #expect(known.admittedUserID(allowList: list, owner: 1) == key.z85)
        let unknown = try request(domain: "cluster", mechanism: "CURVE", credentials: [Self.bytes(of: other)])
        #expect(unknown.admittedUserID(allowList: list, owner: 1) == nil)
        #expect(known.admittedUserID(allowList: AllowList(), owner: 1) == nil)
    }

    @Test func operatorsComeWithNoKey() throws {
        let key = try CurveKeyPair.generate().publicKey
        let list = AllowList([AllowedNode(name: "a", role: .operator, keys: [key])])
        #expect(list.peer(of: key) == nil)
    }

    @Test func nodeMayHaveTwoKeys() throws {
        let keys = try [CurveKeyPair.generate().publicKey, CurveKeyPair.generate().publicKey]
        let list = AllowList([AllowedNode(name: "a", role: .signer, keys: keys, labels: ["x"])])
        for key in keys {
            #expect(list.peer(of: key) == PeerIdentity(name: "a", role: .signer, labels: ["x"]))
        }
    }

    @Test(arguments: [
        ("localhost:1000:100:42", "uid:1000"), ("localhost:0:0:42", "uid:0"), ("localhost:1001:1000:42", nil),
        ("localhost", nil), ("", nil), ("127.0.0.1", nil), ("localhost:1000", nil), ("localhost:-1:0:0", nil),
        ("localhost:1000:100:42:7", nil), ("elsewhere:1000:100:42", nil), ("localhost:4294968296:0:0", nil),
    ])
    func ownerAndRootAreAdmittedAtLocalSocket(address: String, userID: String?) throws {
        let request = try request(domain: "administration", address: address, mechanism: "NULL")
        #expect(request.admittedUserID(allowList: AllowList(), owner: 1000) == userID)
    }

    @Test func oneMechanismDoesNotPassForTheOther() throws {
        let key = try CurveKeyPair.generate().publicKey
        let list = AllowList([AllowedNode(name: "a", role: .frontend, keys: [key])])
        let requests = [
            try request(domain: "cluster", address: "localhost:0:0:1", mechanism: "NULL"),
            try request(
                domain: "administration", address: "localhost:0:0:1", mechanism: "CURVE",
                credentials: [Self.bytes(of: key)]),
            try request(domain: "", mechanism: "CURVE", credentials: [Self.bytes(of: key)]),
            try request(domain: "cluster", mechanism: "PLAIN", credentials: [Self.bytes(of: key)]),
            try request(domain: "cluster", mechanism: "CURVE", credentials: []),
            try request(domain: "cluster", mechanism: "CURVE", credentials: [[1, 2, 3]]),
        ]
        for request in requests {
            #expect(request.admittedUserID(allowList: list, owner: 0) == nil)
        }
    }

    @Test func fewerFramesOrAnotherVersionAreNoRequest() {
        #expect(AuthenticationRequest(frames: []) == nil)
        #expect(AuthenticationRequest(frames: [Array("1.0".utf8), [], [], [], []]) == nil)
        #expect(AuthenticationRequest(frames: [Array("2.0".utf8), [], [], [], [], []]) == nil)
    }
}
