/// Something that takes bytes from strangers, and what must hold of it whatever the bytes are.
///
/// It must not trap, hang or use much memory: libFuzzer sees to that. What else must hold is checked with
/// ``expect(_:_:)``.
package struct FuzzTarget: Sendable {
    package let name: String
    package let run: @Sendable ([UInt8]) -> Void

    package init(name: String, run: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.run = run
    }
}

/// Ends the process where a property does not hold, so that libFuzzer keeps the input.
package func expect(_ holds: Bool, _ property: String) {
    guard holds else { fatalError("does not hold: \(property)") }
}

/// Runs what must work, and ends the process where it throws.
package func must<Result>(_ what: String, _ body: () throws -> Result) -> Result {
    do {
        return try body()
    } catch {
        fatalError("\(what): \(error)")
    }
}

/// An input in parts: each is two bytes of length, big-endian, and so many bytes; what is left at the end is the last.
package func parts(of input: [UInt8], atMost limit: Int) -> [[UInt8]] {
    var rest = input[...]
    var parts: [[UInt8]] = []
    while rest.count >= 2, parts.count < limit {
        let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        let part = rest.dropFirst(2).prefix(length)
        parts.append(Array(part))
        rest = rest.dropFirst(2 + part.count)
    }
    return parts
}
