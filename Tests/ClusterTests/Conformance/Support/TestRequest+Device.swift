internal import Crypto
internal import Foundation
internal import TestRequests

extension TestRequest {
    /// A request with a key of its own, for a common name and further names.
    ///
    /// - Parameters:
    ///   - names: the subjectAltName's items, as ``dns(_:)`` and its like make them.
    ///   - extensions: further ones, whole.
    static func device(_ name: String, names: [[UInt8]] = [], extensions: [[UInt8]] = []) -> TestRequest {
        var request = TestRequest(
            subject: TestRequest.name([("2.5.4.3", .utf8String, name)]),
            extensions: (names.isEmpty ? [] : [alternativeNames(names)]) + extensions)
        request.key = .p256(P256.Signing.PrivateKey())
        return request
    }

    /// The request, DER.
    func der() throws -> Data { Data(try encoded()) }
}
