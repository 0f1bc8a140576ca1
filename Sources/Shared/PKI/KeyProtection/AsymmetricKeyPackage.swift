/// The content type that carries private keys in CMS (RFC 5958 §2).
package enum AsymmetricKeyPackage {
    /// id-ct-KP-aKeyPackage
    package static let contentType = "2.16.840.1.101.2.1.2.78.5"

    /// What stands before one private key, PKCS#8 in DER, so that both together are a package with that one key: apart
    /// from the key, which then needs no copy that would have to be wiped.
    package static func header(keyBytes count: Int) -> [UInt8] {
        DERWriter.header(DERWriter.sequence, count)
    }
}
