internal import Device

/// What a device reads from csrattrs. A module of its own: it has BoringSSL from its TLS, and the signer OpenSSL, in which
/// the same names stand for something else.
package enum CSRAttributesReading {
    /// Whether the request has to carry the connection's channel binding.
    package static func needsChannelBinding(_ csrAttributes: [UInt8]) throws -> Bool {
        try CSRAttributesAnswer(derEncoded: csrAttributes).needsChannelBinding
    }
}
