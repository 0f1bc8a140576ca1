internal import Synchronization
internal import X509

/// What the search for a path may spend, counted down by all the stores that it asks.
final class SearchBudget: Sendable {
    private let left: Mutex<Int>
    private let whole: Int

    init(_ count: Int) {
        whole = count
        left = Mutex(count)
    }

    var spent: Int { whole - left.withLock { $0 } }

    /// - Returns: How many of them there were left.
    func take(atMost count: Int) -> Int {
        left.withLock { left in
            let taken = min(left, count)
            left -= taken
            return taken
        }
    }
}

/// Certificates by their subject as RFC 5280 §7.1 compares names, for so many look-ups and so many answers.
///
/// The library searches for a path depth first, among certificates that the client may have made for the purpose, and
/// verifies a signature with each certificate that a look-up gives it: ten of one name are ten signatures at every step
/// of every order that they can be put in. So it is the certificates given out that are counted, one budget for all
/// stores of a judgement; the look-ups are counted too, as each may have a path checked. An honest path needs one of
/// both a certificate.
struct BoundedCertificateStore: CustomCertificateStore {
    private var bySubject: [[Set<[UInt8]>]: [Certificate]] = [:]
    /// Those with one of these key identifiers come first, where not all of a name can be tried.
    private let expectedKeys: Set<[UInt8]>
    /// Shared by the copies that the library makes.
    private let lookups: SearchBudget
    private let verifications: SearchBudget

    init(
        _ certificates: [Certificate], expectedKeys: Set<[UInt8]>, lookups: Int, verifications: SearchBudget
    ) {
        self.expectedKeys = expectedKeys
        self.lookups = SearchBudget(lookups)
        self.verifications = verifications
        append(contentsOf: certificates)
    }

    subscript(subject: DistinguishedName) -> [Certificate]? {
        get async {
            guard lookups.take(atMost: 1) == 1, let found = bySubject[subject.comparable] else { return nil }
            return Array(inOrder(found).prefix(verifications.take(atMost: found.count)))
        }
    }

    private func inOrder(_ certificates: [Certificate]) -> [Certificate] {
        guard certificates.count > 1 else { return certificates }
        let expected = certificates.map { $0.ownKeyIdentifier.map(expectedKeys.contains) ?? false }
        return zip(certificates, expected).filter(\.1).map(\.0) + zip(certificates, expected).filter { !$0.1 }.map(\.0)
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

extension Certificate {
    /// The subjectKeyIdentifier.
    fileprivate var ownKeyIdentifier: [UInt8]? {
        (try? extensions.subjectKeyIdentifier).map { Array($0.keyIdentifier) }
    }

    /// The authorityKeyIdentifier's: which key its issuer says that it signed with.
    var issuerKeyIdentifier: [UInt8]? {
        (try? extensions.authorityKeyIdentifier)?.keyIdentifier.map { Array($0) }
    }
}
