internal import ClusterProtocol

/// Makes enrollment secrets: 160 random bits in 32 characters that nobody mistakes for others.
///
/// 32 characters fit the password field of small clients; no character needs quoting in a shell or in a URL.
enum SecretGenerator {
    /// 32 letters and digits without i, l, o and u.
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

    static func secret() -> Secret {
        Secret(random(characters: 32))
    }

    /// The public name of a secret: 60 random bits.
    static func identifier() -> String {
        random(characters: 12)
    }

    private static func random(characters: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<characters).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }
}
