internal import Synchronization
internal import X509

/// Certificates by their subject as RFC 5280 §7.1 compares names, for so many look-ups.
///
/// The library searches for a path depth first, among certificates that the client may have made for the purpose: a
/// handful that signed each other have thousands of orders. So the search ends after as many look-ups as an honest
/// one never needs, and nobody's CPU time is had for a handshake.
struct BoundedCertificateStore: CustomCertificateStore {
    /// Shared by the copies that the library makes.
    private final class Budget: Sendable {
        private let left: Mutex<Int>

        init(_ lookups: Int) { left = Mutex(lookups) }

        func take() -> Bool {
            left.withLock { left in
                guard left > 0 else { return false }
                left -= 1
                return true
            }
        }
    }

    private var bySubject: [[Set<[UInt8]>]: [Certificate]] = [:]
    private let budget: Budget

    init(_ certificates: [Certificate], lookups: Int) {
        budget = Budget(lookups)
        append(contentsOf: certificates)
    }

    subscript(subject: DistinguishedName) -> [Certificate]? {
        get async { budget.take() ? bySubject[subject.comparable] : nil }
    }

    /// An anchor that a client shows is no device's certificate.
    func contains(_ certificate: Certificate) async -> Bool { false }

    mutating func append(contentsOf certificates: some Sequence<Certificate>) {
        for certificate in certificates {
            let subject = certificate.subject.comparable
            // The same one from the client and from configuration is one.
            if bySubject[subject]?.contains(certificate) != true {
                bySubject[subject, default: []].append(certificate)
            }
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.bySubject == right.bySubject }
    func hash(into hasher: inout Hasher) { hasher.combine(bySubject) }
}
