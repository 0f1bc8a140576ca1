internal import Crypto
package import Foundation

/// A hash of the Merkle tree of RFC 6962 §2.1: SHA-256 over a leaf's or a node's prefix and contents.
package struct MerkleHash: Sendable, Hashable, CustomStringConvertible {
    package static let byteCount = 32

    package let bytes: [UInt8]

    /// - Returns: nil unless there are 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// - Returns: nil for anything but the canonical base64 of 32 bytes.
    package init?(base64: some StringProtocol) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes)
    }

    private init(_ digest: SHA256Digest) {
        bytes = Array(digest)
    }

    package var base64: String { Base64.encode(bytes) }

    package var description: String { base64 }

    /// The root of a tree without leaves: SHA-256 of nothing.
    package static let empty = MerkleHash(SHA256.hash(data: [UInt8]()))

    /// The hash of an entry.
    package static func leaf(_ entry: some DataProtocol) -> MerkleHash {
        var hash = SHA256()
        hash.update(data: [0x00] as [UInt8])
        hash.update(data: entry)
        return MerkleHash(hash.finalize())
    }

    /// The hash of a node with two children.
    package static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        var hash = SHA256()
        hash.update(data: [0x01] as [UInt8])
        hash.update(data: left.bytes)
        hash.update(data: right.bytes)
        return MerkleHash(hash.finalize())
    }
}

/// Base64 (RFC 4648 §4) with one spelling for each value: padded, without white space, unused bits zero.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
    }

    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard let data = Data(base64Encoded: String(text)), data.base64EncodedString().utf8.elementsEqual(text.utf8)
        else { return nil }
        return Array(data)
    }
}
