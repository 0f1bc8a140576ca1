/// The one frame of a call or of its answer: a fixed header of sixteen bytes, the method's name, and the body.
///
///     0   version (2; 1 had bodies of JSON)
///     1   kind: 1 call, 2 result, 3 error
///     2   length of the name, big-endian; 0 in an answer
///     4   remaining budget in milliseconds, big-endian; 0 in an answer
///     8   call id, big-endian; chosen by the caller, repeated in the answer
///     16  name, ASCII; then the request, reply or error in ``CBOR`` to the end
///
/// Version, kind and call id keep their places in every version, so that a call of another version can be answered
/// with an error that its sender can match.
struct WireFrame: Equatable {
    static let version: UInt8 = 2
    static let headerLength = 16
    static let maximumNameLength = 64

    enum Kind: UInt8 {
        case call = 1
        case result = 2
        case error = 3
    }

    /// Why bytes are no frame. A frame whose call id could be read is answered with an error.
    enum Malformed: Error, Equatable {
        /// Shorter than a header: there is nothing to answer.
        case truncated
        case unsupportedVersion(Kind, callID: UInt64)
        case unknownKind
        /// The name is longer than allowed, runs past the end, or is not made of letters, digits, dots.
        case badName(Kind, callID: UInt64)
    }

    var kind: Kind
    var callID: UInt64
    var budgetMilliseconds: UInt32
    var name: String
    var body: [UInt8]

    /// Reads a frame; every length is checked before it is used.
    init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        guard bytes.count >= Self.headerLength else { throw .truncated }
        callID = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard let kind = Kind(rawValue: bytes[1]) else { throw .unknownKind }
        guard bytes[0] == Self.version else { throw .unsupportedVersion(kind, callID: callID) }
        self.kind = kind
        let nameLength = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        budgetMilliseconds = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let rest = UnsafeRawBufferPointer(rebasing: bytes[Self.headerLength...])
        guard nameLength <= Self.maximumNameLength, nameLength <= rest.count else {
            throw .badName(kind, callID: callID)
        }
        let name = rest[..<nameLength]
        guard kind == .call ? Self.isValidName(name) : nameLength == 0 else { throw .badName(kind, callID: callID) }
        self.name = String(decoding: name, as: UTF8.self)
        body = Array(rest[nameLength...])
    }

    /// The bytes that a frame with this name and body takes.
    static func length(name: String, body: [UInt8]) -> Int {
        headerLength + name.utf8.count + body.count
    }

    /// Writes a frame into a buffer of exactly ``length(name:body:)`` bytes.
    static func write(
        kind: Kind, callID: UInt64, budgetMilliseconds: UInt32, name: String, body: [UInt8],
        into bytes: UnsafeMutableRawBufferPointer
    ) {
        precondition(bytes.count == length(name: name, body: body))
        bytes[0] = version
        bytes[1] = kind.rawValue
        bytes.storeBytes(of: UInt16(name.utf8.count).bigEndian, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(of: budgetMilliseconds.bigEndian, toByteOffset: 4, as: UInt32.self)
        bytes.storeBytes(of: callID.bigEndian, toByteOffset: 8, as: UInt64.self)
        UnsafeMutableRawBufferPointer(rebasing: bytes[headerLength...]).copyBytes(from: name.utf8)
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[(headerLength + name.utf8.count)...])
        body.withUnsafeBytes { rest.copyMemory(from: $0) }
    }

    /// A remaining budget for the header: rounded down, since work past it is of no use; 0 where none is left.
    static func milliseconds(_ budget: Duration) -> UInt32 {
        UInt32(clamping: budget.components.seconds * 1000 + budget.components.attoseconds / 1_000_000_000_000_000)
    }

    /// Whether a method may be called so.
    static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= maximumNameLength && isValidName(name.utf8)
    }

    private static func isValidName(_ name: some Collection<UInt8>) -> Bool {
        !name.isEmpty
            && name.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

extension WireFrame.Malformed {
    var cause: DropCause {
        switch self {
        case .truncated: .truncated
        case .unsupportedVersion: .unsupportedVersion
        case .unknownKind: .wrongKind
        case .badName: .malformedName
        }
    }
}
