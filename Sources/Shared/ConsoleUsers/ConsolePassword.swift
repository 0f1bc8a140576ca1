/// New passwords for the console.
package enum ConsolePassword {
    /// Letters and digits that nobody mistakes for others.
    private static let alphabet = Array("23456789abcdefghjkmnpqrstvwxyz")

    /// 24 characters, more than 117 random bits.
    package static func generate() -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<24).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }
}
