internal import ClusterProtocol
internal import ClusterTransport

/// What `estuary status` shows.
struct StatusReport: Encodable {
    /// In seconds since 1970.
    let now: Int64
    var signer: SignerStatus?
    /// Why there is nothing of the signer.
    var signerProblem: String?
    var auditor: AuditorStatus?
    var auditorProblem: String?

    /// A node that the signer has not heard for this long is called unreachable; it reports once a second.
    private static let silence: Int64 = 5

    init(now: Int64) {
        self.now = now
    }

    var isHealthy: Bool {
        guard let signer, auditor != nil else { return false }
        return signer.auditorReachable && signer.witness.alarm == nil
            && signer.nodes.filter { $0.role == .frontend }.allSatisfy { isReachable($0) || isAwaited($0) }
    }

    private func isReachable(_ node: SignerStatus.Node) -> Bool {
        node.lastSeen.map { now - $0 <= Self.silence } ?? false
    }

    /// Whether the signer has started so recently that a node which is well may not have reported yet.
    private func isAwaited(_ node: SignerStatus.Node) -> Bool {
        guard let signer, node.lastSeen == nil else { return false }
        return now - signer.startedAt <= Self.silence
    }

    var text: String {
        [processes, signerSheet, auditorSheet].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var processes: String {
        var table = TextTable("PROCESS", "STATE", "VERSION", "UP SINCE", "QUEUE", "EVENTS WAITING", "CERTIFICATE ENDS")
        if let signer {
            table.add(
                "signer", "up", signer.version, TimeText.full(signer.startedAt, now: now), "\(signer.inFlight)",
                "\(signer.outboxBacklog)",
                signer.authorities.map { "\($0.name): \(TimeText.relative($0.notAfter, now: now))" }
                    .joined(separator: ", "))
        } else {
            table.add("signer", "NOT REACHABLE", "", "", "", "", "")
        }
        if let auditor {
            table.add("auditor", "up", auditor.version, TimeText.full(auditor.startedAt, now: now), "", "", "")
        } else {
            table.add("auditor", "NOT REACHABLE", "", "", "", "", "")
        }
        for node in signer?.nodes ?? [] where node.role == .frontend {
            guard !isAwaited(node) else {
                table.add(node.name, "awaited", "", "", "", "", "")
                continue
            }
            guard isReachable(node), let report = node.report else {
                let heard = node.lastSeen.map { "heard \(TimeText.relative($0, now: now))" } ?? "never heard"
                table.add(node.name, "NOT REACHABLE", node.report?.version ?? "", heard, "", "", "")
                continue
            }
            table.add(
                node.name, "up", report.version, TimeText.full(report.startedAt, now: now),
                "\(report.running)" + (report.waiting > 0 ? " (+\(report.waiting) waiting)" : ""),
                "\(report.eventBacklog)" + (report.eventsDropped > 0 ? " (\(report.eventsDropped) dropped)" : ""),
                report.certificateNotAfter.map { TimeText.relative($0, now: now) } ?? "")
        }
        return table.render()
    }

    private var signerSheet: String? {
        guard let signer else { return signerProblem.map { "signer: \($0)" } }
        var sheet = FactSheet()
        for authority in signer.authorities {
            sheet.add(
                "authority \(authority.name)",
                "\(authority.subject), ends \(TimeText.full(authority.notAfter, now: now))")
        }
        sheet.add("certificates", "\(signer.certificates) (devices: \(signer.devices))")
        sheet.add("waiting for approval", "\(signer.approvalsWaiting)")
        sheet.add(
            "outbox",
            "\(signer.outboxBacklog) of at most \(signer.outboxLimit) events wait for the auditor"
                + (signer.auditorReachable ? "" : ", WHICH THE SIGNER CAN'T REACH"))
        sheet.add(
            "witness",
            signer.witness.alarm.map { "ALARM: \($0) See `estuary audit accept-log`." }
                ?? signer.witness.cosignedAt.map {
                    "agrees with the log, cosigned \(signer.witness.size) events \(TimeText.relative($0, now: now))"
                } ?? "nothing cosigned yet")
        sheet.add("last event", "\(signer.lastSequence) of ledger \(signer.ledgerIncarnation)")
        sheet.add("catalogue", "\(signer.catalogueVersion), configuration \(signer.configurationSHA256.prefix(16))")
        sheet.add("memory", signer.memoryLocked ? "locked" : "not locked (RLIMIT_MEMLOCK)")
        return sheet.text
    }

    private var auditorSheet: String? {
        guard let auditor else { return auditorProblem.map { "auditor: \($0)" } }
        var table = TextTable("SOURCE", "RUN", "#LAST EVENT", "STORED", "STATE")
        for (index, source) in auditor.sources.enumerated() {
            let isNewest = !auditor.sources[..<index].contains { $0.name == source.name }
            table.add(
                source.name, source.run, "\(source.lastSequence)", TimeText.relative(source.lastStoredAt, now: now),
                source.closed ? "ended" : isNewest ? "open" : "ENDED WITHOUT ITS CLOSING EVENT")
        }
        return "\(auditor.logSize) events in the log" + (auditor.sources.isEmpty ? "" : "\n" + table.render())
    }
}
