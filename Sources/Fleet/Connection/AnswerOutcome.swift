internal import PKI

/// What an answer means for the request that it answers.
enum AnswerOutcome {
    /// It has what was asked for.
    ///
    /// - Parameter isRepeated: the certificate is the one that the device had already.
    case succeeded(isRepeated: Bool)
    /// The server did not serve it: its status says why.
    case refused
    /// The status promises what the body does not keep.
    case unusable(String)

    init(_ job: FleetJob, _ answer: AnswerParser) {
        switch (job.operation, answer.status) {
        case (.enroll, 200), (.reenroll, 200):
            guard let device = job.device, let message = try? Base64Body.decode(answer.body) else {
                self = .unusable("the answer is not base64")
                return
            }
            guard let certificate = DEROutline.certificate(in: message, publicKey: device.publicKey) else {
                self = .unusable("the answer has no certificate for the device's key")
                return
            }
            self = .succeeded(isRepeated: !device.take(certificate: certificate))
        case (.cacerts, 200):
            let isMessage = (try? Base64Body.decode(answer.body))?.first == 0x30
            self = isMessage ? .succeeded(isRepeated: false) : .unusable("the answer is no message of certificates")
        case (.csrattrs, 200), (.csrattrs, 204), (.csrattrs, 404):
            // 204 and 404 say that there are none (RFC 7030 §4.5.2).
            self = .succeeded(isRepeated: false)
        default:
            self = .refused
        }
    }
}
