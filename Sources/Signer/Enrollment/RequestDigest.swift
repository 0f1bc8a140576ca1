internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI

/// The digest that tells whether two requests are the same one (design §7).
///
/// Not the certification request's bytes: an ECDSA signature and a channel binding differ on every retry.
enum RequestDigest {
    static func make(
        label: String, operation: EnrollmentOperation, requester: Requester, request: CertificationRequest
    ) -> Data {
        var hash = SHA256()
        func add(_ bytes: some Collection<UInt8>) {
            // Each part with its length, so that no two lists of parts read alike.
            withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(bytes))
        }
        add("estuary request v1".utf8)
        add(label.utf8)
        add(operation.rawValue.utf8)
        add(requester.digestIdentity)
        // RFC 7030 §4.4.1: at serverkeygen it means nothing.
        add(operation == .serverKeyGeneration ? [] : request.publicKeyDER)
        add(request.subjectDER)
        add(request.canonicalExtensions)
        add(request.changeSubjectName?.encoded ?? [])
        if let protection = request.keyProtection { add(protection.encoded) }
        return Data(hash.finalize())
    }

    /// The key under which an `Idempotency-Key` header is kept.
    static func idempotencyScope(_ scope: Data, key: String) -> Data {
        Data(SHA256.hash(data: Data("\(scope.count):".utf8) + scope + Data(key.utf8)))
    }
}
