/// Names that stand in the paths of requests as they are: those of labels and authorities.
enum PathSegment {
    /// What such a name is made of, for the refusal of another one.
    static let rule = "1 to 64 of the characters A–Z, a–z, 0–9, «-», «.», «_» and «~», and neither «.» nor «..»"

    /// Whether every client writes the name into a path alike: unreserved characters alone (RFC 3986 §2.3), and no
    /// segment that clients drop on the way (§5.2.4).
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isUnreserved) && text != "." && text != ".."
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
