internal import CZeroMQ
internal import Foundation
internal import Testing

@testable internal import ClusterTransport

@Suite struct CurveKeyTests {
    @Test func textFormIsLibzmqs() throws {
        for _ in 0..<50 {
            let key = try CurveKeyPair.generate().publicKey
            var bytes = [UInt8](repeating: 0, count: 32)
            #expect(zmq_z85_decode(&bytes, key.z85) != nil)
            #expect(CurvePublicKey(bytes: bytes) == key)
            #expect(try CurvePublicKey(z85: key.z85) == key)
        }
    }

    /// `#####` is more than 32 bits can hold.
    @Test(arguments: ["", "abc", String(repeating: " ", count: 40), String(repeating: "#", count: 40)])
    func otherTextIsRefused(text: String) {
        #expect(throws: TransportError(.invalidKey, "")) { try CurvePublicKey(z85: text) }
    }

    @Test func publicKeyIsCodedAsItsText() throws {
        let key = try CurveKeyPair.generate().publicKey
        let json = try JSONEncoder().encode([key])
        #expect(try JSONDecoder().decode([String].self, from: json) == [key.z85])
        #expect(try JSONDecoder().decode([CurvePublicKey].self, from: json) == [key])
    }

    @Test func fileIsPrivateAndReadBack() async throws {
        try await withTemporaryFolder { folder in
            let pair = try CurveKeyPair.generate()
            let path = folder + "/curve.key"
            try pair.write(path: path)
            #expect(try mode(of: path) == 0o600)
            let read = try CurveKeyPair.load(path: path)
            #expect(read.publicKey == pair.publicKey)
            #expect(read.secretKey == pair.secretKey)
            #expect(try String(contentsOfFile: path + ".pub", encoding: .utf8) == pair.publicKey.z85 + "\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }

    @Test func existingKeyIsNeverReplaced() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/curve.key"
            let pair = try CurveKeyPair.generate()
            try pair.write(path: path)
            #expect(throws: TransportError(.keyFile, "")) { try CurveKeyPair.generate().write(path: path) }
            #expect(try CurveKeyPair.load(path: path).publicKey == pair.publicKey)
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644])
    func keyThatOthersCanUseIsRefused(mode: Int) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/curve.key"
            try CurveKeyPair.generate().write(path: path)
            #expect(chmod(path, mode_t(mode)) == 0)
            #expect(throws: TransportError(.keyFile, "")) { try CurveKeyPair.load(path: path) }
        }
    }

    @Test func otherFilesAreRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/curve.key"
            #expect(throws: TransportError(.keyFile, "")) { try CurveKeyPair.load(path: path) }
            #expect(throws: TransportError(.keyFile, "")) { try CurveKeyPair.load(path: folder) }
            try Data(repeating: 0x61, count: 100_000).write(to: URL(fileURLWithPath: path))
            #expect(chmod(path, 0o600) == 0)
            #expect(throws: TransportError(.invalidKey, "")) { try CurveKeyPair.load(path: path) }
        }
    }

    @Test func secretHalfIsNeverShown() throws {
        let pair = try CurveKeyPair.generate()
        var dumped = ""
        dump(pair, to: &dumped)
        for text in ["\(pair)", String(reflecting: pair), dumped] {
            #expect(!text.contains(pair.secretKey))
        }
    }

    private func mode(of path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
}
