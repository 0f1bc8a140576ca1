/// The weaknesses of public keys that can be seen from the key alone.
enum WeakKeys {
    /// The largest modulus that is looked at further; a larger one costs more than any device is worth.
    static let maximumModulusBits = 8192
    /// The cryptographic library takes no larger exponent.
    static let maximumExponentBits = 33

    /// What is wrong with an RSA key, given without leading zeros; nil where nothing is.
    static func weakness(modulus: [UInt8], exponent: [UInt8]) -> String? {
        guard KeyOutline.bits(modulus) <= maximumModulusBits else {
            return "the modulus has more than \(maximumModulusBits) bits"
        }
        guard let last = modulus.last, last & 1 == 1 else { return "the modulus is even" }
        guard let low = exponent.last, low & 1 == 1 else { return "the exponent is even" }
        guard exponent != [1] else { return "the exponent is 1" }
        guard KeyOutline.bits(exponent) <= maximumExponentBits else {
            return "the exponent has more than \(maximumExponentBits) bits"
        }
        if let prime = smallPrimes.first(where: { remainder(of: modulus, by: $0) == 0 }) {
            return "the modulus is divisible by \(prime)"
        }
        return isROCA(modulus) ? "the modulus has the fingerprint of CVE-2017-15361 (ROCA)" : nil
    }

    /// Whether the modulus was made by the library of CVE-2017-15361: its remainders are powers of 65537 for every
    /// small prime, which happens to another key once in some hundred million.
    private static func isROCA(_ modulus: [UInt8]) -> Bool {
        powersOf65537.allSatisfy { prime, powers in
            powers.contains(remainder(of: modulus, by: prime))
        }
    }

    private static let smallPrimes: [UInt32] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
        109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]

    private static let powersOf65537: [(prime: UInt32, powers: Set<UInt32>)] = smallPrimes.map { prime in
        var powers: Set<UInt32> = []
        var power: UInt32 = 1
        while powers.insert(power).inserted { power = power * (65537 % prime) % prime }
        return (prime, powers)
    }

    private static func remainder(of magnitude: [UInt8], by prime: UInt32) -> UInt32 {
        magnitude.reduce(0) { ($0 << 8 | UInt32($1)) % prime }
    }

    /// Whether the bytes encode one of the eight points of Edwards25519 whose order divides 8, canonically or not:
    /// anyone can sign for such a key.
    static func isSmallOrder(_ key: ArraySlice<UInt8>) -> Bool {
        var encoded = Array(key)
        guard encoded.count == 32 else { return false }
        encoded[31] &= 0x7f
        return smallOrder.contains(encoded)
    }

    /// The y coordinates, little endian, without the sign bit.
    private static let smallOrder: Set<[UInt8]> = {
        func filled(_ first: UInt8, _ middle: UInt8, _ last: UInt8) -> [UInt8] {
            [first] + [UInt8](repeating: middle, count: 30) + [last]
        }
        return [
            filled(0, 0, 0), filled(1, 0, 0), filled(0xec, 0xff, 0x7f), filled(0xed, 0xff, 0x7f),
            filled(0xee, 0xff, 0x7f),
            [
                0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
                0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
            ],
            [
                0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
                0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
            ],
        ]
    }()
}
