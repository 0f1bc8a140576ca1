package import Crypto
package import Foundation

/// A catalogue as it travels and as a frontend keeps it on disk: the exact bytes that were signed, and the signature.
package struct SignedCatalogue: Codable, Sendable, Equatable {
    /// The catalogue as JSON.
    package var payload: Data
    /// Ed25519 over ``context`` followed by the payload.
    package var signature: Data

    /// Keeps a signature made for a catalogue from being taken for anything else.
    private static let context = Data("estuary catalogue v1\n".utf8)

    /// Encodes and signs a catalogue.
    package init(_ catalogue: Catalogue, key: Curve25519.Signing.PrivateKey) throws {
        payload = try JSONEncoder().encode(catalogue)
        signature = try key.signature(for: Self.context + payload)
    }

    /// The catalogue, if the key has signed it.
    ///
    /// - Throws: ``InvalidCatalogue`` where the signature does not verify; `DecodingError` where the payload is not of
    ///   this version's form.
    package func verified(by key: Curve25519.Signing.PublicKey) throws -> Catalogue {
        guard key.isValidSignature(signature, for: Self.context + payload) else {
            throw InvalidCatalogue()
        }
        return try JSONDecoder().decode(Catalogue.self, from: payload)
    }
}

/// The catalogue's signature is not the signer's.
package struct InvalidCatalogue: Error, CustomStringConvertible {
    package var description: String { "the catalogue is not signed by the signer's catalogue key" }
}
