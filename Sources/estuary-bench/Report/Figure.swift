/// One measured figure.
struct Figure: Codable, Sendable {
    /// What a figure's ratio is to: the cryptography that the same work can't do without.
    enum Floor: String, Codable, Sendable {
        case newConnection = "new connection"
        case keptConnection = "kept connection"
    }

    /// What a target says of a figure, or of its ratio.
    struct Target: Codable, Sendable, Equatable {
        enum Kind: String, Codable {
            case atMost, atLeast, ratioAtMost
        }

        var kind: Kind
        var limit: Double

        static func atMost(_ limit: Double) -> Target { Target(kind: .atMost, limit: limit) }
        static func atLeast(_ limit: Double) -> Target { Target(kind: .atLeast, limit: limit) }
        static func ratioAtMost(_ limit: Double) -> Target { Target(kind: .ratioAtMost, limit: limit) }
    }

    /// The part of the benchmark, a letter.
    var part: String
    var name: String
    var value: Double
    var unit: String
    /// In a unit of time per enrollment only.
    var floor: Floor?
    /// Set when the floor is known.
    var ratio: Double?
    var target: Target?
    /// Set when there is a target.
    var isMet: Bool?

    init(
        _ part: String, _ name: String, _ value: Double, _ unit: String, floor: Floor? = nil, target: Target? = nil
    ) {
        self.part = part
        self.name = name
        self.value = value
        self.unit = unit
        self.floor = floor
        self.target = target
    }
}
