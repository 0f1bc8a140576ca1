internal import Crypto
internal import Device
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Synchronization
internal import X509

/// What became of one request, as `scripts/reliability/check.py` reads it.
struct WitnessEntry: Encodable {
    var device: String
    var operation: String
    /// SHA-256 of the secret that it came with.
    var secret: String?
    /// SHA-256 of the certificate that it came with.
    var presented: String?
    /// SHA-256 of the public key that it asked a certificate for.
    var key: String
    /// Whether others may have used its secret up: it may then be refused.
    var mayBeRefused: Bool
    /// Every certificate that it was answered with, DER in base64: must be one.
    var certificates: [String] = []
    var tries = 0
    /// Tries that were answered with «not now».
    var notServed = 0
    /// Tries of which nobody knows what they led to.
    var cutOff = 0
    /// Why it was refused; nil where it was not.
    var refusal: String?
    /// Why it was refused at another time or place than where it was answered with a certificate.
    var contradiction: String?
    var lastTrouble: String?
    /// When it was written down, in seconds since 1970.
    var at = Date().timeIntervalSince1970
    /// The newest answer.
    private(set) var newest: Certificate?

    enum CodingKeys: String, CodingKey {
        case device, operation, secret, presented, key, mayBeRefused, certificates, tries, notServed, cutOff
        case refusal, contradiction, lastTrouble, at
    }

    init(_ request: WitnessRequest) throws {
        device = request.name
        operation = request.operation.rawValue
        mayBeRefused = request.isOneTooMany
        switch request.credential {
        case .secret(let household): secret = household.secretSHA256
        case .certificate(let identity): presented = try identity.chain[0].sha256.hexadecimal
        }
        var serializer = DER.Serializer()
        try serializer.serialize(request.key.publicKey)
        key = Array(SHA256.hash(data: serializer.serializedBytes)).hexadecimal
    }

    mutating func add(_ certificate: Certificate) throws {
        let text = Data(try certificate.derEncoded).base64EncodedString()
        if !certificates.contains(text) { certificates.append(text) }
        newest = certificate
    }
}

/// A file with a JSON object for each request.
final class WitnessJournal: Sendable {
    private let file: Mutex<FileHandle>

    /// - Throws: where the file can't be made, or is there already.
    init(path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw WitnessFailure(description: "\(path) can't be made: \(String(cString: strerror(errno))).")
        }
        file = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    func write(_ entry: WitnessEntry) throws {
        let line = try JSONEncoder().encode(entry) + Data("\n".utf8)
        try file.withLock { try $0.write(contentsOf: line) }
    }

    func close() throws {
        try file.withLock { try $0.close() }
    }
}

struct WitnessFailure: Error, CustomStringConvertible {
    var description: String
}
