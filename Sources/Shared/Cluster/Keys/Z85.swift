/// The text form of CURVE keys: ZeroMQ's RFC 32, which writes four bytes as five printable characters.
enum Z85 {
    private static let alphabet = Array(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

    /// The value of each ASCII character; 255 where it has none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()

    /// Five characters as a number, the first one the most significant; nil where they are not Z85.
    static func decode(_ group: some Collection<UInt8>) -> UInt32? {
        guard group.count == 5 else { return nil }
        var number: UInt64 = 0
        for character in group {
            let value = values[Int(character)]
            guard value != 255 else { return nil }
            number = number * 85 + UInt64(value)
        }
        return UInt32(exactly: number)
    }

    /// A number as five characters.
    static func encode(_ number: UInt32) -> [UInt8] {
        var rest = Int(number)
        var group = [UInt8](repeating: 0, count: 5)
        for index in group.indices.reversed() {
            group[index] = alphabet[rest % 85]
            rest /= 85
        }
        return group
    }
}
