internal import ClusterProtocol
internal import ClusterTransport
internal import PKI

/// What a client's certificate is worth on a label, now. The signer judges it again, and knows what is revoked.
enum ClientVerdict {
    /// The client showed none, or the label takes none.
    case absent
    case accepted(ClientCertificate)
    /// Expired, and still within the time after the end that the label allows for renewals.
    case inGracePeriod(ClientCertificate)
    /// Of a manufacturer that the label trusts: good for a first enrollment, under the names that the label's rule gives.
    case manufacturer(ClientCertificate, name: String)
    /// Of another authority, not for this use, outside of its validity, or not readable.
    ///
    /// - `principal`: whose it is, where that is known all the same.
    case refused(ClientCertificate?, ServiceError, principal: String? = nil)

    /// Whether it authenticates `simpleenroll`.
    var mayEnroll: Bool {
        switch self {
        case .accepted, .manufacturer: true
        case .absent, .inGracePeriod, .refused: false
        }
    }

    /// Whether it authenticates `simplereenroll`.
    var mayRenew: Bool {
        switch self {
        case .accepted, .inGracePeriod: true
        case .absent, .manufacturer, .refused: false
        }
    }

    func authenticates(_ operation: EnrollmentOperation) -> Bool {
        switch operation {
        case .simpleEnroll, .serverKeyGeneration: mayEnroll
        case .simpleReenroll: mayRenew
        }
    }

    var isManufacturers: Bool {
        if case .manufacturer = self { true } else { false }
    }

    /// The certificate of ours, where it authenticates for anything.
    var certificate: ClientCertificate? {
        switch self {
        case .accepted(let certificate), .inGracePeriod(let certificate): certificate
        case .absent, .manufacturer, .refused: nil
        }
    }

    /// The identity as events name it, where the certificate is one of ours or of a manufacturer, good now or not.
    var principal: String? {
        switch self {
        case .accepted(let certificate), .inGracePeriod(let certificate): Self.principal(certificate)
        case .manufacturer(let certificate, let name): Self.principal(certificate, manufacturer: name)
        case .refused(_, _, let principal): principal
        case .absent: nil
        }
    }

    static func principal(_ certificate: ClientCertificate) -> String {
        "certificate:\(certificate.serial.hexadecimal)"
    }

    static func principal(_ certificate: ClientCertificate, manufacturer: String) -> String {
        "manufacturer:\(manufacturer):\(certificate.fingerprint.hexadecimal)"
    }

    /// The certificate that was shown and does not count here, where it can be read.
    var refusedCertificate: ClientCertificate? {
        if case .refused(let certificate, _, _) = self { certificate } else { nil }
    }

    /// Whether it is a registration authority's, which passes on the requests of others.
    var isRegistrationAuthority: Bool {
        certificate?.isRegistrationAuthority ?? false
    }

    /// Why it does not authenticate, in the words for a client that can do no better than show a certificate.
    var refusal: ServiceError {
        switch self {
        case .refused(_, let error, _): error
        case .inGracePeriod:
            ServiceError(.certificateOutsideValidity, "The client certificate is expired; it may only be renewed.")
        case .manufacturer:
            ServiceError(
                .certificateUntrusted,
                "The client certificate is a manufacturer's: it is for the first enrollment, not for renewals.")
        case .absent, .accepted:
            ServiceError(.certificateRequired, "A client certificate is needed here.")
        }
    }
}
