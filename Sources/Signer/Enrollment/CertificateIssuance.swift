internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import X509

/// Builds and signs the certificate of an admitted request.
struct CertificateIssuance {
    var core: SignerCore
    var candidate: EnrollmentCandidate
    var admitted: AdmittedRequest
    /// The key where the signer made it.
    var serverKey: ServerKeyGeneration.Made?

    /// - Parameters:
    ///   - device: the device that the names belong to; nil for a new one.
    ///   - superseded: the certificate whose place this one takes.
    func sign(
        device: Int64?, approval: ApprovalRecord?, superseded: CertificateRecord? = nil, at time: Date
    ) throws -> SignedCertificate {
        guard let publicKey = serverKey?.publicKey ?? admitted.publicKey else {
            throw ServiceError(.unexpected, "There is no key to certify.")
        }
        let serial = core.serials.next(at: time)
        let now = Int64(time.timeIntervalSince1970)
        let validity = candidate.profile.validity
        let end = min(
            admitted.requestedNotAfter ?? (now + validity.standard), now + validity.maximum,
            candidate.authority.notAfter)
        guard end > now else {
            throw ServiceError(.profileViolation, "The certificate would have ended before it began (validity).")
        }
        var subject = admitted.subject
        var subjectAltName = try admitted.alternativeNameExtension()
        var remarks: [String] = []
        if let renewed = candidate.renewed {
            // Equal by value, so that the old encoding goes on (design §6), but for what ChangeSubjectName replaces.
            let change = candidate.certificationRequest.changeSubjectName
            if change?.subject == nil {
                subject = renewed.subject
            }
            if change?.alternativeNames == nil {
                subjectAltName = renewed.extensions[oid: .X509ExtensionID.subjectAlternativeName]
                // RFC 5280 §4.2.1.6: without a subject it is all that names the device.
                if subject.isEmpty { subjectAltName?.critical = true }
            }
            if change != nil {
                let former = DisplayText.escape(renewed.subject.description)
                remarks.append("The names were changed; the subject was \(former).")
            }
        }
        remarks += [candidate.requester.manufacturer?.remark].compactMap { $0 }
        let contents = CertificateContents(
            serial: serial, publicKey: publicKey,
            keyIdentifier: serverKey == nil ? candidate.certificationRequest.subjectKeyIdentifier() : nil,
            subject: subject, notBefore: now - validity.backdating,
            notAfter: end,
            extensions: [
                try admitted.keyUsageExtension(), try admitted.extendedKeyUsageExtension(), subjectAltName,
            ].compactMap { $0 })
        let der = try candidate.authority.issue(contents)
        let facts = CertificateFacts(
            authority: candidate.authority.name, serial: serial,
            device: device ?? DeviceIdentifier.number(firstSerial: serial), der: der, subject: subject.description,
            names: admitted.names.map(\.description), notBefore: contents.notBefore, notAfter: end,
            remarks: admitted.remarks + remarks + (serverKey?.remarks ?? [])
                + (superseded.map { ["Takes the place of \($0.serial.hexadecimal)."] } ?? []))
        return SignedCertificate(
            der: der, serial: serial, subject: facts.subject, names: admitted.names, notBefore: contents.notBefore,
            notAfter: end, device: device ?? DeviceIdentifier.number(firstSerial: serial), isNewDevice: device == nil,
            approval: approval, serverKey: serverKeyRecord(superseded),
            event: try UnnumberedEventLine(
                core.events.issued(candidate, certificate: facts, superseded: superseded, at: time)))
    }

    private func serverKeyRecord(_ superseded: CertificateRecord?) -> ServerKeyRecord? {
        guard let serverKey else { return nil }
        var record = ServerKeyRecord(recipientSHA256: serverKey.recipientSHA256, superseded: superseded)
        if case .enveloped(let message) = serverKey.delivered { record.message = message }
        return record
    }
}
