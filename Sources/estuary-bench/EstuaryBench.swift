internal import ArgumentParser

/// The measurements of `scripts/bench`.
@main
struct EstuaryBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-bench", abstract: "Measures Estuary on this machine; scripts/bench calls it.",
        subcommands: [Measure.self, ServeEmpty.self], defaultSubcommand: Measure.self)
}
