internal import ClusterProtocol
internal import Foundation
internal import PKI
internal import TestRequests
internal import TestTLSClient
internal import Testing
internal import X509

/// Case X1: requests that mean no good, each with the one right answer. The rows are in `Hostile/`.
@Suite struct HostileRequestTests {
    @Test("X1: every row of the table gets its status, one plain sentence, and its reason code in the event")
    func x1Table() async throws {
        let cluster = try await ConformanceCluster.shared()
        let processes = try Self.processes(of: cluster)
        let exchange = try await HostileExchange(cluster)
        let rows = Array(HostileRequest.all.enumerated())

        let answers = try await concurrently(rows) { index, row -> HostileExchange.Answer? in
            do {
                return try await exchange.send(row, index: index)
            } catch {
                Issue.record("\(row.group.rawValue), \(row.input): no answer: \(error)")
                return nil
            }
        }
        for ((_, row), answer) in zip(rows, answers) {
            guard let answer else { continue }
            try Self.judge(row, answer)
        }
        try await Self.judgeEvents(rows, answers, cluster)

        // No crash: the same processes, and they serve.
        #expect(try Self.processes(of: cluster) == processes)
        for frontend in 1...ConformanceCluster.frontendCount {
            let device = try TestDevice("x1-after-\(frontend).example.com", in: cluster)
            _ = try await device.enroll(cluster, secret: exchange.secret, label: "hostile", frontend: frontend)
                .certificate()
        }
    }

    @Test("X1: no two rows of the table are called the same")
    func x1Names() {
        let names = HostileRequest.all.map { "\($0.group.rawValue): \($0.input)" }
        #expect(Set(names).count == names.count)
    }

    private static func processes(of cluster: TestCluster) throws -> [pid_t] {
        try (["signer", "auditor"] + cluster.frontends).map { name in
            let process = try cluster.process(name)
            #expect(process.isRunning, "\(name) has ended")
            return process.identifier
        }
    }

    // MARK: The answer

    private static func judge(_ row: HostileRequest, _ answer: HostileExchange.Answer) throws {
        let name = "\(row.group.rawValue), \(row.input)"
        let text = String(decoding: answer.body, as: UTF8.self)
        let expected: Int? =
            switch row.outcome {
            case .issued: 200
            case .refused(let status, _, _), .unrecorded(let status): status
            case .tlsRefuses, .lost: nil
            }
        guard answer.status == expected else {
            let was = answer.status.map { "\($0)" } ?? "no answer"
            Issue.record("\(name): \(was) in the place of \(expected.map { "\($0)" } ?? "no answer"): \(text)")
            return
        }
        switch row.outcome {
        case .issued: try judgeCertificate(row, answer, name)
        case .refused, .unrecorded:
            if expected != 200 { judgeSentence(answer, text, name) }
        case .tlsRefuses, .lost: break
        }
    }

    /// H1: one sentence of plain text, and nothing of what is behind it.
    private static func judgeSentence(_ answer: HostileExchange.Answer, _ text: String, _ name: String) {
        #expect(answer.contentType?.hasPrefix("text/plain") == true, "\(name)")
        #expect(text.hasSuffix(".\n") && text.count { $0.isNewline } == 1, "\(name): \(text)")
        #expect(answer.body.count < 1_024, "\(name): \(text)")
        #expect(
            text.unicodeScalars.dropLast().allSatisfy {
                ![.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            }, "\(name): \(text)")
        for telltale in [".swift", "/work", "/tmp", "NIO", "SQL", "GRDB", "Optional(", "ASN1Error", "Hummingbird"] {
            #expect(!text.contains(telltale), "\(name): \(text)")
        }
    }

    private static func judgeCertificate(
        _ row: HostileRequest, _ answer: HostileExchange.Answer, _ name: String
    ) throws {
        let der = try CertsOnlyMessage.decode(try Base64Body.decode(answer.body))
        try #require(der.count == 1, "\(name)")
        switch row.check {
        case .contains(let bytes): #expect(der[0].firstRange(of: bytes) != nil, "\(name)")
        case .lacks(let bytes): #expect(der[0].firstRange(of: bytes) == nil, "\(name)")
        case nil: break
        }
    }

    // MARK: The event

    private static func judgeEvents(
        _ rows: [(offset: Int, element: HostileRequest)], _ answers: [HostileExchange.Answer?], _ cluster: TestCluster
    ) async throws {
        let recorded = rows.filter { _, row in
            switch row.outcome {
            case .issued, .refused, .lost: true
            case .unrecorded, .tlsRefuses: false
            }
        }
        var events: [String: [AuditEvent]] = [:]
        // Frontends send theirs in batches.
        try? await wait("every row has its event") {
            events = Dictionary(grouping: try await cluster.events()) { $0.remoteAddress ?? "" }
            return recorded.allSatisfy { index, _ in events[HostileExchange.address(index)] != nil }
        }
        for (index, row) in rows where answers[index] != nil {
            let name = "\(row.group.rawValue), \(row.input)"
            let found = events[HostileExchange.address(index)] ?? []
            switch row.outcome {
            case .issued:
                #expect(found.map(\.type) == [.issued], "\(name)")
            case .refused(_, let reason, let rule):
                #expect(found.map(\.type) == [.denied], "\(name)")
                #expect(found.first?.reason == reason, "\(name): \(found.first?.reasonText ?? "")")
                if let rule {
                    #expect(
                        found.first?.reasonText?.hasPrefix("\(rule): ") == true,
                        "\(name): \(found.first?.reasonText ?? "")")
                }
            case .lost(let reason):
                #expect(found.map(\.reason) == [reason], "\(name)")
            case .unrecorded, .tlsRefuses:
                #expect(found.isEmpty, "\(name): \(found.first?.reason ?? "")")
            }
        }
    }
}
