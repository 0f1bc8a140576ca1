internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation

/// Devices on TLS connections, by `estuary fleet` in a process of its own, against a cluster that is up.
///
/// What a load needs is prepared before: whoever reads the cluster's processor time before and after finds the load's
/// own in between.
final class FleetLoad {
    /// How a device comes.
    enum Kind: String, CaseIterable {
        /// A new connection for each re-enrollment, with the certificate in TLS.
        case newConnection = "new connection"
        /// Connections that stay open, and enrollments with a secret.
        case keptConnection = "kept connection"

        var floor: Figure.Floor { self == .newConnection ? .newConnection : .keptConnection }

        fileprivate var arguments: [String] {
            switch self {
            case .newConnection: ["--connection", "new", "--mix", "reenroll=1", "--authentication", "certificate"]
            case .keptConnection: ["--connection", "kept", "--mix", "enroll=1", "--authentication", "secret"]
            }
        }
    }

    /// How requests come, and how many.
    enum Pace {
        case closed(concurrency: Int, count: Int)
        case open(rate: Double, count: Int)

        fileprivate var arguments: [String] {
            switch self {
            case .closed(let concurrency, let count): ["--concurrency", String(concurrency), "--count", String(count)]
            case .open(let rate, let count): ["--rate", String(format: "%.1f", rate), "--count", String(count)]
            }
        }

        var count: Int {
            switch self {
            case .closed(_, let count), .open(_, let count): count
            }
        }
    }

    /// The part of `estuary fleet --json` that is looked at.
    struct Outcome: Decodable {
        struct Requests: Decodable {
            var started: Int
            var succeeded: Int
            var refused: Int
            var failed: Int
        }

        struct Latency: Decodable {
            var p50: Double
            var p99: Double
        }

        struct Processor: Decodable {
            var userMicroseconds: Double
            var systemMicroseconds: Double
        }

        var requests: Requests
        var completedEnrollments: Int
        var enrollmentsPerSecond: Double
        var latencyMicroseconds: Latency?
        var clientProcessor: Processor
    }

    let cluster: Cluster
    private let secretFile: String
    /// The folder with the devices' newest certificates: with an older one a renewal would be given the same again.
    private var credentials: String
    private var renewals = 0
    private let work: String
    /// Devices that have certificates.
    let devices: Int

    /// Makes a secret, and enrolls the devices that will renew.
    ///
    /// - Parameter work: a folder of this load's own.
    init(cluster: Cluster, devices: Int, work: String, _ administration: AdministrationService) async throws {
        self.cluster = cluster
        self.devices = devices
        self.work = work
        secretFile = work + "/secret"
        credentials = work + "/credentials-0"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let secret = try await SigningLoad.secret(from: administration)
        try (secret.revealed + "\n").write(toFile: secretFile, atomically: true, encoding: .utf8)
        // With these options the fleet only enrolls its devices, each once, and writes down what they got.
        let outcome = try await Self.fleet(
            cluster, work: work,
            Kind.keptConnection.arguments + Pace.closed(concurrency: 32, count: devices).arguments
                + ["--secret-file", secretFile, "--save-credentials", credentials])
        guard outcome.completedEnrollments == devices else {
            throw BenchFailure("Of \(devices) devices \(outcome.completedEnrollments) were enrolled.")
        }
    }

    /// Makes the requests, and checks that each of them was answered with a certificate.
    func run(_ kind: Kind, _ pace: Pace) async throws -> Outcome {
        let next = "\(work)/credentials-\(renewals + 1)"
        let identity =
            kind == .newConnection
            ? ["--credentials", credentials, "--save-credentials", next] : ["--secret-file", secretFile]
        let outcome = try await Self.fleet(cluster, work: work, kind.arguments + pace.arguments + identity)
        if kind == .newConnection {
            try FileManager.default.removeItem(atPath: credentials)
            credentials = next
            renewals += 1
        }
        guard outcome.requests.started == pace.count, outcome.completedEnrollments == pace.count else {
            throw BenchFailure(
                "Of \(pace.count) enrollments (\(kind.rawValue)) \(outcome.completedEnrollments) were completed, "
                    + "\(outcome.requests.refused) refused, \(outcome.requests.failed) failed.")
        }
        return outcome
    }

    private static func fleet(_ cluster: Cluster, work: String, _ arguments: [String]) async throws -> Outcome {
        let (report, log) = (work + "/fleet.json", work + "/fleet.log")
        try? FileManager.default.removeItem(atPath: report)
        let process = try ServerProcess(
            Programs.path("estuary"),
            ["fleet", "--server", "localhost:\(cluster.port)", "--trust-anchor", cluster.trustAnchor, "--json", report]
                + ["--quiet"] + arguments, log: log)
        do {
            try await process.end(within: .seconds(600))
        } catch {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw BenchFailure("\(error) `estuary fleet` said:\n\(said.suffix(2000))")
        }
        return try JSONDecoder().decode(Outcome.self, from: try Data(contentsOf: URL(fileURLWithPath: report)))
    }
}
