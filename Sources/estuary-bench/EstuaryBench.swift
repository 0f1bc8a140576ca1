internal import ArgumentParser
internal import Foundation

/// The measurements of `scripts/bench`.
@main
struct EstuaryBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-bench", abstract: "Measures Estuary on this machine; scripts/bench calls it.")

    @Option(help: "The parts to measure, by their letters, such as «ad». Without this: all.")
    var only = "d"

    @Flag(help: "A short run: shows that everything works, and that the counts are right. Its times say little.")
    var short = false

    func run() async throws {
        let scratch = FileManager.default.temporaryDirectory.path + "/estuary-bench-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var figures: [Figure] = []
        if only.contains("d") {
            figures += try await (short ? SignerPart(depths: [64], trial: 500, count: 1000) : SignerPart())
                .measure(in: scratch)
        }
        for figure in figures {
            print(figure.part, figure.name, figure.value, figure.unit)
        }
    }
}
