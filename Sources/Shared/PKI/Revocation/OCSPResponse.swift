/// What an OCSP responder says of one certificate (RFC 6960 §4.2.1).
package enum OCSPCertificateStatus: Sendable, Equatable {
    case good
    /// In seconds since 1970.
    case revoked(at: Int64, reason: RevocationReasonCode)
}

/// A successful OCSPResponse with a BasicOCSPResponse about one certificate (RFC 6960 §4.2.1, RFC 5019 §2.2).
package struct OCSPResponse: Sendable {
    /// id-pkix-ocsp-basic, 1.3.6.1.5.5.7.48.1.1
    private static let basicType: [UInt8] = [0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01]
    private static let successful: [UInt8] = [0x0a, 0x01, 0x00]

    package var issuer: OCSPIssuer
    /// The hash function of the request's CertID, which the response repeats so that the client finds its answer.
    package var identifierHash: OCSPIdentifierHash
    package var serial: [UInt8]
    package var status: OCSPCertificateStatus
    /// In seconds since 1970. The response is made at `thisUpdate`.
    package var thisUpdate: Int64
    package var nextUpdate: Int64

    package init(
        issuer: OCSPIssuer, identifierHash: OCSPIdentifierHash, serial: [UInt8], status: OCSPCertificateStatus,
        thisUpdate: Int64, nextUpdate: Int64
    ) {
        self.issuer = issuer
        self.identifierHash = identifierHash
        self.serial = serial
        self.status = status
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
    }

    /// The ResponseData, DER: what the responder signs.
    ///
    /// - Parameter responder: the responder's own certificate; it is named by its key, which RFC 5019 prefers.
    package func toBeSigned(responder: OCSPIssuer) -> [UInt8] {
        let responderID = DERWriter.element(0xa2, DERWriter.element(DERWriter.octetString, responder.sha1.key))
        return DERWriter.element(
            DERWriter.sequence,
            [
                responderID, DERTime.generalizedTime(thisUpdate),
                DERWriter.element(DERWriter.sequence, singleResponse),
            ])
    }

    /// The OCSPResponse, DER.
    ///
    /// - Parameters:
    ///   - signature: over exactly the bytes of ``toBeSigned(responder:)``.
    ///   - certificates: DER; the delegated responder's.
    package static func encode(
        toBeSigned: [UInt8], signatureAlgorithm: SignatureAlgorithm, signature: [UInt8], certificates: [[UInt8]]
    ) -> [UInt8] {
        let basic = DERWriter.element(
            DERWriter.sequence,
            [
                toBeSigned, signatureAlgorithm.algorithmIdentifier, DERWriter.bitString(signature),
                DERWriter.element(0xa0, DERWriter.element(DERWriter.sequence, certificates)),
            ])
        let bytes = DERWriter.element(
            DERWriter.sequence, [basicType, DERWriter.element(DERWriter.octetString, basic)])
        return DERWriter.element(DERWriter.sequence, [successful, DERWriter.element(0xa0, bytes)])
    }

    private var singleResponse: [UInt8] {
        let hashes = issuer.hashes(identifierHash)
        let identifier = DERWriter.element(
            DERWriter.sequence,
            [
                identifierHash.algorithmIdentifier, DERWriter.element(DERWriter.octetString, hashes.name),
                DERWriter.element(DERWriter.octetString, hashes.key), DERWriter.positiveInteger(serial),
            ])
        return DERWriter.element(
            DERWriter.sequence,
            [
                identifier, encodedStatus, DERTime.generalizedTime(thisUpdate),
                DERWriter.element(0xa0, DERTime.generalizedTime(nextUpdate)),
            ])
    }

    private var encodedStatus: [UInt8] {
        switch status {
        case .good:
            // [0] IMPLICIT NULL
            return [0x80, 0x00]
        case .revoked(let time, let reason):
            let code =
                reason == .unspecified
                ? [] : DERWriter.element(0xa0, DERWriter.element(DERWriter.enumerated, [reason.rawValue]))
            return DERWriter.element(0xa1, [DERTime.generalizedTime(time), code])
        }
    }
}
