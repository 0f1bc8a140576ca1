internal import Foundation
internal import Testing

@testable internal import ClusterTransport

@Suite struct CallTests {
    @Test func replyComesBackAndCallerIsKnownByItsKey() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            #expect(try await service.echo(EchoRequest(text: "é")) == EchoReply(text: "é", peer: "frontend-1"))
            #expect(cluster.server.counters.dropped == [:])
            #expect(await eventually { cluster.server.counters.callsServed == 1 })
            #expect(cluster.client.counters.callsSent == 1)
            #expect(cluster.client.callsInFlight == 0)
        }
    }

    @Test func foreseenErrorCrossesWithoutItsCause() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            let error = await #expect(throws: ServiceError.self) {
                try await service.fail(FailRequest(isForeseen: true))
            }
            #expect(error?.code.rawValue == "name-held")
            #expect(error?.message == "The name is held.")
            #expect(error?.retryAfter == 7)
            #expect(error?.reason?.rawValue == "by-another")
            #expect(error?.cause == nil)
        }
    }

    @Test func unforeseenErrorTellsNothing() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            let error = await #expect(throws: ServiceError.self) {
                try await service.fail(FailRequest(isForeseen: false))
            }
            #expect(error?.code == .unexpected)
            #expect(error?.message.contains("UnforeseenError") == false)
            #expect(try await cluster.answersGoodCall())
        }
    }

    @Test func budgetEndsTheCallOnBothSides() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            let before = ContinuousClock.now
            let error = try await code {
                try await CallBudget.$current.withValue(.seconds(2)) {
                    try await service.hold(HoldRequest(name: "a"))
                }
            }
            #expect(error == .deadlineExceeded)
            #expect(ContinuousClock.now - before >= .seconds(2))
            // The server counts from receipt, within what was left of the budget when the call was sent.
            let deadline = try #require(await cluster.backend.deadlines.first)
            #expect(deadline > before && deadline < ContinuousClock.now + .seconds(2))
            #expect(cluster.client.counters.callsTimedOut == 1)
            // The answer that comes in the end finds nobody.
            await cluster.backend.open()
            #expect(await eventually { cluster.client.counters.dropped[.unexpectedAnswer] == 1 })
        }
    }

    /// The lane runs two calls, one waits, and the next is refused.
    @Test func fullLaneAnswersOverloadedAndOthersGoOn() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            try await withThrowingTaskGroup(of: ServiceError.Code?.self) { group in
                for number in 0..<8 {
                    group.addTask { try await code { try await service.hold(HoldRequest(name: "\(number)")) } }
                }
                for _ in 0..<5 {
                    #expect(try await group.next() == .overloaded)
                }
                #expect(cluster.server.counters.dropped == [.overloaded: 5])
                #expect(try await service.echo(EchoRequest(text: "quick")).text == "quick")
                await cluster.backend.open()
                while let end = try await group.next() {
                    #expect(end == nil)
                }
            }
        }
    }

    @Test func callThatExpiredInItsLaneIsNeverRun() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect()
            let service = try cluster.service(at: connection)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["a", "b"] {
                    group.addTask { _ = try await service.hold(HoldRequest(name: name)) }
                }
                #expect(await eventually { await cluster.backend.received.count == 2 })
                let error = try await code {
                    try await CallBudget.$current.withValue(.seconds(1)) {
                        try await service.hold(HoldRequest(name: "late"))
                    }
                }
                #expect(error == .deadlineExceeded)
                await cluster.backend.open()
                try await group.waitForAll()
            }
            #expect(await eventually { cluster.server.counters.dropped[.expired] == 1 })
            #expect(await !cluster.backend.received.contains("late"))
        }
    }

    @Test func tooLargeRequestAndAnswerAreErrorsOfTheirCallsOnly() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            let large = String(repeating: "x", count: 262_144)
            #expect(try await code { try await service.echo(EchoRequest(text: large)) } == .messageTooLarge)
            #expect(try await code { try await service.fill(FillRequest(count: 262_144)) } == .messageTooLarge)
            // The largest that fit: header, name and what is around the text count too.
            let around = try CBOR.encode(EchoRequest(text: large)).count - large.utf8.count
            let fitting = String(large.dropLast(WireFrame.headerLength + 9 + around))
            #expect(try await code { try await service.echo(EchoRequest(text: fitting)) } == .messageTooLarge)
            let smaller = String(fitting.dropLast(try CBOR.encode(EchoReply(text: "", peer: "frontend-1")).count))
            #expect(try await service.echo(EchoRequest(text: smaller)).text == smaller)
            #expect(cluster.client.counters.reconnects == 0)
        }
    }

    @Test func actorOfAnotherServiceIsNotCalled() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect()
            let service = try TestService.resolve(id: connection.address(of: "tes"), using: cluster.client)
            #expect(try await code { try await service.echo(EchoRequest(text: "")) } == .unexpected)
        }
    }

    @Test func methodWithoutItsLaneIsRefusedAtStart() async throws {
        try await TestCluster.run { cluster in
            let configuration = ListenerConfiguration(
                endpoint: "tcp://127.0.0.1:0", security: .curve(cluster.serverKey), lanes: [])
            await #expect(throws: TransportError(.methodTable, "")) {
                try await cluster.server.listen(
                    configuration, methods: .test(TestService(backend: cluster.backend, actorSystem: cluster.server)))
            }
        }
    }

    @Test func tenThousandCallsNeitherLoseNorMixUpAnAnswer() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect(cluster.configuration(maximumInFlight: 1000))
            let service = try cluster.service(at: connection)
            let (answered, refused) = try await withThrowingTaskGroup(of: (Bool, Int).self) { group in
                for number in 0..<10_000 {
                    group.addTask {
                        var refused = 0
                        while true {
                            let text = "call-\(number)"
                            do {
                                return (try await service.echo(EchoRequest(text: text)).text == text, refused)
                            } catch let error as ServiceError where error.code == .overloaded {
                                refused += 1
                                // Nine thousand callers that ask again at once would be all that the machine does.
                                try await Task.sleep(for: .milliseconds(.random(in: 50...500)))
                            }
                        }
                    }
                }
                return try await group.reduce(into: (0, 0)) { sum, result in
                    sum.0 += result.0 ? 1 : 0
                    sum.1 += result.1
                }
            }
            #expect(answered == 10_000)
            let received = await cluster.backend.received
            #expect(received.count == 10_000)
            #expect(Set(received).count == 10_000)
            #expect(cluster.client.counters.callsRefusedLocally == refused)
            #expect(connection.callsInFlight == 0)
        }
    }

    @Test func callersBeyondTheBoundAreRefusedAtOnce() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect(cluster.configuration(maximumInFlight: 2))
            let service = try cluster.service(at: connection)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["a", "b"] {
                    group.addTask { _ = try await service.hold(HoldRequest(name: name)) }
                }
                #expect(await eventually { connection.callsInFlight == 2 })
                #expect(try await code { try await service.echo(EchoRequest(text: "c")) } == .overloaded)
                await cluster.backend.open()
                try await group.waitForAll()
            }
            #expect(try await service.echo(EchoRequest(text: "d")).text == "d")
            #expect(await !cluster.backend.received.contains("c"))
        }
    }
}
