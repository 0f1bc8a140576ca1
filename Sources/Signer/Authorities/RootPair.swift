internal import Foundation
internal import X509

/// The old and the new root of a roll-over, told apart among an authority's certificates.
struct RootPair {
    let old: Certificate
    let new: Certificate

    init(old: Certificate, new: Certificate) {
        self.old = old
        self.new = new
    }

    /// - Returns: nil unless there are exactly two roots. The older one began earlier; serial numbers begin with their time.
    init?(among certificates: [Certificate]) {
        var roots: [Certificate] = []
        for certificate in certificates where certificate.isSelfSigned && !roots.contains(certificate) {
            roots.append(certificate)
        }
        guard roots.count == 2 else { return nil }
        let sorted = roots.sorted { first, second in
            first.notValidBefore != second.notValidBefore
                ? first.notValidBefore < second.notValidBefore
                : first.serialNumber.bytes.lexicographicallyPrecedes(second.serialNumber.bytes)
        }
        (old, new) = (sorted[0], sorted[1])
    }

    /// The name that RFC 4210 §4.4 has for a certificate; nil for one that is none of the four.
    func name(of certificate: Certificate) -> String? {
        if certificate == old { return "OldWithOld" }
        if certificate == new { return "NewWithNew" }
        if certificate.publicKey == new.publicKey && old.hasSigned(certificate) { return "NewWithOld" }
        if certificate.publicKey == old.publicKey && new.hasSigned(certificate) { return "OldWithNew" }
        return nil
    }
}
