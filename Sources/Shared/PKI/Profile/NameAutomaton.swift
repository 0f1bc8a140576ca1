/// A pattern's steps as a table of what follows on which character: one look-up each, however many alternatives there
/// are.
///
/// Made once a pattern, by running all its alternatives at once for one character of each class (the subset
/// construction). The table of some patterns would be exponentially large: those have none, and are run step by step.
struct NameAutomaton: Sendable {
    static let maximumStates = 1_024
    /// Bounds the table: states times classes of characters.
    static let maximumEntries = 1 << 16
    /// Steps looked at while the table is made.
    private static let maximumWork = 1 << 20
    private static let dead = UInt16.max

    private let classes: CharacterClasses
    /// By state, then by class; ``dead`` where nothing follows.
    private var following: [UInt16] = []
    /// Whether the text may end in a state.
    private var accepts: [Bool] = []

    /// nil where the table would be too large.
    init?(_ steps: [NamePattern.Step]) {
        guard let classes = CharacterClasses(steps) else { return nil }
        self.classes = classes
        // Each state is a set of steps. The first has no place in `numbers`: nothing leads back to the start of a text.
        var sets = [NamePattern.reached(from: [0], in: steps, isStart: true, isEnd: false)]
        accepts = [NamePattern.accepts([0], in: steps, isStart: true)]
        var numbers: [[Int]: UInt16] = [:]
        var work = 0
        var number = 0
        while number < sets.count {
            let set = sets[number]
            number += 1
            for characters in 0..<classes.count {
                let matched = set.filter { classes.step($0, matches: characters) }.map { $0 + 1 }
                guard !matched.isEmpty else {
                    work += set.count
                    following.append(Self.dead)
                    continue
                }
                let next = NamePattern.reached(from: matched, in: steps, isStart: false, isEnd: false)
                work += set.count + next.count
                if let known = numbers[next] {
                    following.append(known)
                    continue
                }
                guard sets.count < Self.maximumStates, sets.count * classes.count < Self.maximumEntries,
                    work < Self.maximumWork
                else { return nil }
                numbers[next] = UInt16(sets.count)
                following.append(UInt16(sets.count))
                accepts.append(NamePattern.accepts(matched, in: steps, isStart: false))
                sets.append(next)
            }
            guard work < Self.maximumWork else { return nil }
        }
    }

    func matches(_ text: String) -> Bool {
        var state = 0
        for scalar in text.unicodeScalars {
            let next = following[state &* classes.count &+ classes[scalar]]
            guard next != Self.dead else { return false }
            state = Int(next)
        }
        return accepts[state]
    }
}

/// Characters that no step of a pattern tells apart, as one class each.
private struct CharacterClasses: Sendable {
    /// More look-ups than any sensible pattern takes to make.
    private static let maximumLookUps = 1 << 18

    private(set) var count = 0
    /// The classes of ASCII.
    private var ascii: [UInt16] = []
    /// Where a run of characters of one class begins, in order, and which class that is.
    private var starts: [UInt32] = []
    private var runs: [UInt16] = []
    /// By step: which of the sets it has, or nil where it reads no character.
    private var sets: [Int?] = []
    /// By class and set.
    private var isMember: [[Bool]] = []

    init?(_ steps: [NamePattern.Step]) {
        var distinct: [NamePattern.CharacterSet: Int] = [:]
        var ordered: [NamePattern.CharacterSet] = []
        var bounds: Set<UInt32> = [0]
        for step in steps {
            guard case .match(let set) = step else {
                sets.append(nil)
                continue
            }
            if let known = distinct[set] {
                sets.append(known)
                continue
            }
            distinct[set] = ordered.count
            sets.append(ordered.count)
            ordered.append(set)
            for range in set.ranges {
                bounds.insert(range.lowerBound)
                bounds.insert(range.upperBound + 1)
            }
        }
        guard bounds.count * ordered.count <= Self.maximumLookUps else { return nil }
        starts = bounds.sorted()
        var numbers: [[Bool]: UInt16] = [:]
        for start in starts {
            let members = ordered.map { $0.contains(start) }
            let number = numbers[members] ?? UInt16(numbers.count)
            if numbers.updateValue(number, forKey: members) == nil { isMember.append(members) }
            runs.append(number)
        }
        count = isMember.count
        ascii = (0..<128).map { find($0) }
    }

    subscript(scalar: Unicode.Scalar) -> Int {
        Int(scalar.value < 128 ? ascii[Int(scalar.value)] : find(scalar.value))
    }

    func step(_ step: Int, matches characters: Int) -> Bool {
        sets[step].map { isMember[characters][$0] } ?? false
    }

    private func find(_ value: UInt32) -> UInt16 {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= value { low = middle } else { high = middle }
        }
        return runs[low]
    }
}
