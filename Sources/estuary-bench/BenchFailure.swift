/// What makes the benchmark fail: something that does not work, or a count that is not right. Never a time.
struct BenchFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
