/// An operation of EST that a fleet performs.
package enum FleetOperation: String, CaseIterable, Sendable, Codable, Comparable {
    /// RFC 7030 §4.2.1
    case enroll
    /// RFC 7030 §4.2.2
    case reenroll
    /// RFC 7030 §4.1
    case cacerts
    /// RFC 7030 §4.5
    case csrattrs

    /// The last part of its path.
    var pathSegment: String {
        switch self {
        case .enroll: "simpleenroll"
        case .reenroll: "simplereenroll"
        case .cacerts: "cacerts"
        case .csrattrs: "csrattrs"
        }
    }

    /// Its place among the cases.
    var index: Int {
        switch self {
        case .enroll: 0
        case .reenroll: 1
        case .cacerts: 2
        case .csrattrs: 3
        }
    }

    /// Whether a certification request is sent and a certificate is expected.
    package var isEnrollment: Bool { self == .enroll || self == .reenroll }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which operations a fleet performs, and how often each in proportion: `enroll=1,reenroll=8,cacerts=1`.
package struct OperationMix: Sendable, Equatable {
    package let weights: [FleetOperation: Int]
    private let total: Int
    /// In a fixed order, so that one sequence of random numbers gives one sequence of operations.
    private let order: [(operation: FleetOperation, weight: Int)]

    /// - Returns: nil where no weight is above 0, or one is below.
    package init?(_ weights: [FleetOperation: Int]) {
        let used = weights.filter { $0.value > 0 }
        guard !used.isEmpty, weights.values.allSatisfy({ (0...1_000_000).contains($0) }) else { return nil }
        self.weights = used
        order = used.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        total = used.values.reduce(0, +)
    }

    /// Reads `enroll=1,reenroll=8`; an operation without a weight has 1.
    package init?(text: String) {
        var weights: [FleetOperation: Int] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let operation = FleetOperation(rawValue: String(sides[0])), weights[operation] == nil else {
                return nil
            }
            guard let weight = sides.count == 1 ? 1 : Int(sides[1]) else { return nil }
            weights[operation] = weight
        }
        self.init(weights)
    }

    /// The operation that a random number stands for.
    func operation(_ number: UInt64) -> FleetOperation {
        var rest = Int(number % UInt64(total))
        for (operation, weight) in order {
            if rest < weight { return operation }
            rest -= weight
        }
        return order[0].operation
    }

    package var text: String { order.map { "\($0.operation.rawValue)=\($0.weight)" }.joined(separator: ",") }

    package static func == (left: Self, right: Self) -> Bool { left.weights == right.weights }
}
