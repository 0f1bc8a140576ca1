internal import FuzzEngine
internal import SwiftASN1
internal import X509

@testable internal import Device
@testable internal import PKI

extension FuzzTarget {
    /// The answer to csrattrs, as a device reads it (RFC 7030 §4.5.2, RFC 9908): DER, or base64 where it does not begin
    /// like DER.
    static let csrAttributes = FuzzTarget(name: "csr-attributes") { input in
        var der = input
        if input.first != 0x30 {
            guard let decoded = try? Base64Body.decode(input) else { return }
            der = decoded
        }
        do {
            let answer = try CSRAttributesAnswer(derEncoded: der)
            expect(
                answer == must("it is read again", { try CSRAttributesAnswer(derEncoded: der) }),
                "an answer means the same twice")
            expect(answer.keyKind == nil || answer.unknownKeyKind == nil, "a key is known or not")
        } catch {
            expect(error is DeviceError, "an answer is refused in a known way, not by \(error)")
        }
    }
}
