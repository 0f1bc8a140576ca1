internal import PKI
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

extension TestResponse {
    /// The one certificate of an answer, which must be 200.
    func certificate(sourceLocation: SourceLocation = #_sourceLocation) throws -> Certificate {
        try #require(status == 200, "\(status): \(text)", sourceLocation: sourceLocation)
        #expect(
            header("Content-Type") == "application/pkcs7-mime; smime-type=certs-only", sourceLocation: sourceLocation)
        let certificates = try CertsOnlyMessage.decode(try Base64Body.decode(body))
        try #require(certificates.count == 1, sourceLocation: sourceLocation)
        return try Certificate(derEncoded: certificates[0])
    }
}
