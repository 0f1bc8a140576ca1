internal import ArgumentParser

/// The measurements of `scripts/bench` that need no cluster.
@main
struct EstuaryBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-bench", abstract: "Measures parts of Estuary; scripts/bench calls it.", subcommands: [])
}
