internal import ClusterTransport
internal import Foundation
internal import PKI

/// Which known secret was refused: for the event, never for the answer.
struct RefusedSecret: Error {
    var id: String
}

/// Which known certificate was refused, or counted as absent: for the event, never for the answer.
struct RefusedCertificate: Error {
    /// As ``Requester/principal`` has it where it is good.
    var principal: String
    /// SHA-256 over it.
    var fingerprint: Data

    /// One of ours.
    init(_ certificate: ClientCertificate) {
        principal = "certificate:\(Data(certificate.serial).hexadecimal)"
        fingerprint = Data(certificate.fingerprint)
    }

    /// One of a manufacturer.
    init(_ certificate: ClientCertificate, manufacturer: String) {
        fingerprint = Data(certificate.fingerprint)
        principal = "manufacturer:\(manufacturer):\(fingerprint.hexadecimal)"
    }

    init(_ shown: Requester.ManufacturerCertificate) {
        fingerprint = shown.fingerprint
        principal = Requester(manufacturer: shown).principal
    }
}

extension ServiceError {
    /// The same, and the event says which certificate it is about.
    func naming(_ certificate: RefusedCertificate) -> ServiceError {
        var error = self
        error.cause = certificate
        return error
    }
}
