internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation

/// Parts (e) and (g): what an enrollment costs with a full ledger and log, and how long the start takes.
///
/// Requests go to the signer directly, as from a frontend, which holds nothing of what was issued: new devices, and
/// re-enrollments of devices from all over the tables. Then a fleet enrolls through the frontend, as in part (b).
struct FullLedgerPart {
    var counts: [Int]
    /// Enrollments measured of each kind.
    var enrollments = 8000
    var warmUp = 1000
    var callers = 128
    /// Devices of the fleet that renew.
    var fleetDevices = 1000
    /// Where filled clusters stay for the next run; nil deletes each after its use.
    var keptIn: String?

    /// What is kept beside a filled cluster's own files.
    private struct Companion: Codable {
        var count: Int
        var secret: String
        var devices: [FleetFiller.Device]
        /// First enrollments made so far: each takes numbers that no device has.
        var enrolled: Int
    }

    private static let companionName = "bench.json"
    private static let keyName = "bench.key"
    /// Of a row in ledger, outbox, log and index, together; measured.
    private static let bytesPerRow = 4000

    func measure(in scratch: String) async throws -> [Figure] {
        var figures: [Figure] = []
        var empty: [String: Double] = [:]
        for count in counts {
            let cluster = try await filledCluster(count, scratch)
            let (measured, times) = try await measure(cluster, count, work: scratch + "/fleet-\(count)")
            figures += measured
            let title = Self.title(count)
            for (kind, time) in times.sorted(by: { $0.key < $1.key }) {
                if count == counts.min() { empty[kind] = time }
                guard let reference = empty[kind], count != counts.min() else { continue }
                figures.append(
                    Figure(
                        "e", "\(title), \(kind): against \(Self.title(counts.min() ?? 0))", time / reference, "×",
                        target: counts.min() == 0 ? .atMost(1.25) : nil)
                )
            }
            if keptIn == nil { try FileManager.default.removeItem(atPath: cluster.folder) }
        }
        return figures
    }

    private static func title(_ count: Int) -> String { count == 0 ? "nearly empty" : "\(count) certificates" }

    // MARK: The filled cluster

    private func filledCluster(_ count: Int, _ scratch: String) async throws -> Cluster {
        let cluster = Cluster(folder: "\(keptIn ?? scratch)/filled-\(count)")
        if FileManager.default.fileExists(atPath: cluster.folder + "/" + Self.companionName) { return cluster }
        // What an interrupted run has left.
        try? FileManager.default.removeItem(atPath: cluster.folder)
        let parent = keptIn ?? scratch
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let free = try FileManager.default.attributesOfFileSystem(forPath: parent)[.systemFreeSize] as? NSNumber
        guard let free, free.int64Value > Int64(count * Self.bytesPerRow) + 1 << 30 else {
            throw BenchFailure(
                "\(count) certificates need \(count * Self.bytesPerRow / 1_000_000_000 + 1) GB: name another disk by "
                    + "--state or TMPDIR, or fewer by --certificates.")
        }
        let secret = try await makeCluster(cluster)
        Progress.say("filling a cluster with \(count) certificates")
        let start = ContinuousClock.now
        let total = max(count, enrollments + warmUp)
        let devices = try await FleetFiller(
            cluster: cluster, count: total, signedCount: enrollments + warmUp
        ).fill()
        Progress.say("filled in \(Int((ContinuousClock.now - start).inSeconds)) s")
        try write(
            Companion(count: total, secret: secret.revealed, devices: devices, enrolled: 0), beside: cluster)
        return cluster
    }

    /// A new cluster with the benchmark as a second node, and with one device that was really enrolled.
    private func makeCluster(_ cluster: Cluster) async throws -> Secret {
        try await cluster.initialize()
        let key = try CurveKeyPair.generate()
        try key.write(path: cluster.folder + "/" + Self.keyName)
        try await cluster.start()
        let request = try await PreparedRequest.make([FillTemplate.device], name: DeviceName.text)[0]
        let secret = try await ZeroMQActorSystem.using { system in
            let administration = try await cluster.administration(system)
            _ = try await administration.addNode(
                AddNodeRequest(
                    name: "bench", role: .frontend, publicKey: key.publicKey.z85, labels: nil, hosts: ["localhost"]))
            let secret = try await SigningLoad.secret(from: administration)
            let load = SigningLoad(service: try await cluster.signing(system, key: key, inFlight: 4), secret: secret)
            _ = try await load.enroll(request, identifier: "bench-template")
            try await cluster.waitUntilIdle(administration)
            return secret
        }
        try await cluster.stop()
        return secret
    }

    private func write(_ companion: Companion, beside cluster: Cluster) throws {
        let path = cluster.folder + "/" + Self.companionName
        try JSONEncoder().encode(companion).write(to: URL(fileURLWithPath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    // MARK: The measurement

    /// The figures, and signer's and auditor's time together by the kind of enrollment, in microseconds.
    private func measure(
        _ cluster: Cluster, _ count: Int, work: String
    ) async throws -> ([Figure], [String: Double]) {
        var companion = try JSONDecoder().decode(
            Companion.self,
            from: try Data(contentsOf: URL(fileURLWithPath: cluster.folder + "/" + Self.companionName)))
        let key = try CurveKeyPair.load(path: cluster.folder + "/" + Self.keyName)
        guard companion.devices.count >= enrollments + warmUp else {
            throw BenchFailure("\(cluster.folder) was made for fewer enrollments: remove it.")
        }
        let before = try LedgerCounts(cluster)
        let first = companion.count + companion.enrolled
        let total = enrollments + warmUp
        let newRequests = try await PreparedRequest.make(Array(first..<first + total), name: DeviceName.text)
        // In no order, as devices come.
        let devices = Array(companion.devices.shuffled().prefix(total))
        let renewals = try await PreparedRequest.make(devices.map(\.number), name: DeviceName.text)
        companion.enrolled += total
        try write(companion, beside: cluster)

        let title = Self.title(count)
        let ready = try await cluster.start()
        var figures = [Figure("g", "\(title): from start to ready", ready, "s")]
        var times: [String: Double] = [:]
        var enrolled = 0
        try await ZeroMQActorSystem.using { system in
            let administration = try await cluster.administration(system)
            let load = SigningLoad(
                service: try await cluster.signing(system, key: key, inFlight: callers + 16),
                secret: Secret(companion.secret))
            let kinds: [(String, Figure.Floor, @Sendable (Int) async throws -> Void)] = [
                (
                    "new device", .keptConnection,
                    { _ = try await load.enroll(newRequests[$0], identifier: "new-\($0)") }
                ),
                (
                    "re-enrollment", .newConnection,
                    { number in
                        try await load.reenroll(
                            renewals[number], certificate: devices[number].certificate, identifier: "again-\(number)")
                    }
                ),
            ]
            for (kind, floor, call) in kinds {
                _ = try await ClosedLoop.run(count: warmUp, callers: callers, call)
                let offset = warmUp
                let cost = try await ClusterCost.measure(cluster, administration, count: enrollments) {
                    try await ClosedLoop.run(count: enrollments, callers: callers) { try await call(offset + $0) }
                }
                // The frontend has no part in these.
                times[kind] = (cost.times[.signer] ?? .nan) + (cost.times[.auditor] ?? .nan)
                figures += [
                    Figure("e", "\(title), \(kind): signer's CPU", cost.times[.signer] ?? .nan, "µs", floor: floor),
                    Figure("e", "\(title), \(kind): auditor's CPU", cost.times[.auditor] ?? .nan, "µs", floor: floor),
                    Figure("e", "\(title), \(kind): issuances", cost.outcome.rate, "/s"),
                    Figure("e", "\(title), \(kind): p99", cost.outcome.percentile(0.99) * 1e3, "ms"),
                ]
                enrolled += total
                Progress.say("\(title), \(kind): \(Int(times[kind] ?? 0)) µs of signer and auditor")
            }
            let fleet = try await FleetLoad(
                cluster: cluster, devices: fleetDevices, work: work, administration)
            enrolled += fleetDevices
            for kind in FleetLoad.Kind.allCases {
                _ = try await fleet.run(kind, .closed(concurrency: 64, count: warmUp))
                let cost = try await ClusterCost.measure(cluster, administration, count: enrollments) {
                    try await fleet.run(kind, .closed(concurrency: 64, count: enrollments))
                }
                times[kind.rawValue] = cost.total
                figures += cost.figures("e", "\(title), \(kind.rawValue)", kind.floor)
                enrolled += total
                Progress.say("\(title), \(kind.rawValue): \(Int(cost.total)) µs of the cluster")
            }
        }
        try await cluster.stop()
        try LedgerCounts(cluster).requireMore(enrolled, than: before)
        return (figures, times)
    }
}
