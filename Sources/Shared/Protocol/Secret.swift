package import Foundation

/// A secret in transit: no log line, description, reflection or error shows it.
package struct Secret: Codable, Sendable, Equatable {
    /// The secret itself. Whoever reads it must not let it out.
    package let revealed: String

    package init(_ secret: String) {
        revealed = secret
    }

    package init(from decoder: any Decoder) throws {
        revealed = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(revealed)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Secret bytes in transit, such as a private key: no log line, description, reflection or error shows them.
package struct SecretBytes: Codable, Sendable, Equatable {
    /// The bytes themselves. Whoever reads them must not let them out.
    package let revealed: Data

    package init(_ bytes: Data) {
        revealed = bytes
    }

    package init(from decoder: any Decoder) throws {
        revealed = try decoder.singleValueContainer().decode(Data.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(revealed)
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
