/// What the cryptography of an enrollment costs at least on this machine, in microseconds of processor time.
struct CryptographicFloor: Codable, Sendable {
    /// A new connection on TLS 1.3 with a client certificate, and a re-enrollment on it.
    var newConnection: Double
    /// An enrollment with a secret on a connection that is there.
    var keptConnection: Double
    /// Single operations, by name.
    var operations: [String: Double]

    /// The operations of a new, mutually authenticated TLS 1.3 connection on X25519 and P-256 with a re-enrollment:
    /// key agreement, the server's signature, the client's CertificateVerify, its certificate's signature at frontend
    /// and signer, the certification request's own at both, and the new certificate's signature.
    static let newConnection: [Operation] =
        [.keyAgreement, .sign, .verify] + [.verify, .verify] + [.verify, .verify] + [.sign]

    /// The certification request verified at frontend and signer, and the certificate's signature.
    static let keptConnection: [Operation] = [.verify, .verify, .sign]

    enum Operation: String, CaseIterable {
        /// An ephemeral X25519 key, and the shared secret.
        case keyAgreement = "X25519 key pair and shared secret"
        /// ECDSA on P-256, with the SHA-256 of 500 bytes.
        case sign = "P-256 signature"
        case verify = "P-256 verification"
    }

    /// - Parameters:
    ///   - rounds: of which the median counts.
    ///   - repetitions: in each round.
    static func measure(rounds: Int, repetitions: Int) throws -> CryptographicFloor {
        let bench = try RawCryptography()
        func median(_ operations: [Operation], repetitions: Int) throws -> Double {
            var times: [Double] = []
            for _ in 0..<rounds {
                let start = ProcessorTime.ofThread
                for _ in 0..<repetitions {
                    for operation in operations { try bench.perform(operation) }
                }
                times.append((ProcessorTime.ofThread - start) / Double(repetitions) * 1e6)
            }
            return times.sorted()[rounds / 2]
        }
        // The processor wakes up.
        _ = try median(keptConnection, repetitions: repetitions)
        return CryptographicFloor(
            newConnection: try median(newConnection, repetitions: repetitions),
            keptConnection: try median(keptConnection, repetitions: repetitions),
            operations: Dictionary(
                uniqueKeysWithValues: try Operation.allCases.map {
                    ($0.rawValue, try median([$0], repetitions: repetitions))
                }))
    }

    /// The smaller of each figure.
    static func smaller(_ one: CryptographicFloor, _ other: CryptographicFloor) -> CryptographicFloor {
        CryptographicFloor(
            newConnection: min(one.newConnection, other.newConnection),
            keptConnection: min(one.keptConnection, other.keptConnection),
            operations: one.operations.merging(other.operations, uniquingKeysWith: min))
    }

    /// How far two measurements are apart at most, as a share of the smaller one.
    static func difference(_ one: CryptographicFloor, _ other: CryptographicFloor) -> Double {
        zip([one.newConnection, one.keptConnection], [other.newConnection, other.keptConnection])
            .map { abs($0 - $1) / min($0, $1) }.max() ?? 0
    }

    subscript(floor: Figure.Floor) -> Double {
        switch floor {
        case .newConnection: newConnection
        case .keptConnection: keptConnection
        }
    }
}
