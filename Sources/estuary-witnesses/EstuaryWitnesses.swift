internal import ArgumentParser
internal import Device
internal import Foundation
internal import SwiftASN1
internal import X509

/// Devices that never give up, and write down every certificate that they were given.
///
/// `scripts/crash-test` and `scripts/network-test` break a cluster under them; `scripts/reliability/check.py` compares
/// what they wrote with what the cluster has. Standard input is the word to finish: at its end no new request is begun,
/// and those that are under way are tried until they are answered.
@main
struct EstuaryWitnesses: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-witnesses",
        abstract: "Enrolls and renews devices until its input ends, and writes down what each was given.")

    @Option(
        name: .customLong("server"),
        help: ArgumentHelp("A frontend; may be given several times.", valueName: "host:port"))
    var servers: [String]

    @Option(help: ArgumentHelp("The root certificate, PEM.", valueName: "file"))
    var trustAnchor: String

    @Option(
        help: ArgumentHelp(
            "A JSON object a line: a secret, how many uses it has, and the names of the devices that share it.",
            valueName: "file"))
    var credentials: String

    @Option(help: ArgumentHelp("Takes a line for each request; must not be there yet.", valueName: "file"))
    var journal: String

    @Option(help: "How many households of devices are busy at once.")
    var busy = 24

    @Option(help: "How long a device waits for a connection, and for an answer, in seconds.")
    var timeout = 8.0

    @Option(help: "How long requests are tried on when the input has ended, in seconds.")
    var patience = 90.0

    func validate() throws {
        guard !servers.isEmpty else { throw ValidationError("At least one --server is needed.") }
        guard busy >= 1, timeout > 0, patience > 0 else {
            throw ValidationError("--busy, --timeout and --patience take numbers above 0.")
        }
    }

    func run() async throws {
        let anchor = try Certificate(pemEncoded: String(contentsOfFile: trustAnchor, encoding: .utf8))
        let world = WitnessWorld(
            servers: try servers.map { try ESTServer($0) }, anchor: anchor, timeout: timeout,
            journal: try WitnessJournal(path: journal), ending: Ending(patience: patience))
        let households = Households(try Household.load(path: credentials))
        world.ending.watchInput()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<busy {
                group.addTask {
                    while !world.ending.isNear, let household = households.next() {
                        try await household.live(in: world)
                    }
                }
            }
            try await group.waitForAll()
        }
        try world.journal.close()
    }
}

/// What all witnesses share.
struct WitnessWorld: Sendable {
    let servers: [ESTServer]
    let anchor: Certificate
    let timeout: Double
    let journal: WitnessJournal
    let ending: Ending
}
