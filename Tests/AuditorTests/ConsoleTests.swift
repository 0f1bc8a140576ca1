internal import ClusterProtocol
internal import ConfigurationFile
internal import ConsoleUsers
internal import Foundation
internal import FoundationNetworking
internal import Logging
internal import Synchronization
internal import Testing
internal import TransparencyLog

@testable internal import Auditor

/// The console over real connections on the loopback.
@Suite struct ConsoleTests {
    let folder: TemporaryFolder
    let signer = Source(name: "signer")

    init() throws {
        folder = try TemporaryFolder()
    }

    struct Answer {
        var status: Int
        var body: Data
        var headers: [String: String]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
    }

    struct Client {
        var base: String

        func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
            try await send("GET", path, headers: headers)
        }

        func send(
            _ method: String, _ path: String, headers: [String: String] = [:], body: String? = nil
        ) async throws -> Answer {
            var request = URLRequest(url: try #require(URL(string: base + path)))
            request.httpMethod = method
            request.httpBody = body.map { Data($0.utf8) }
            request.httpShouldHandleCookies = false
            for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
            let (data, response) = try await URLSession.shared.data(for: request)
            let http = try #require(response as? HTTPURLResponse)
            var fields: [String: String] = [:]
            for (name, value) in http.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
            return Answer(status: http.statusCode, body: data, headers: fields)
        }
    }

    private func configuration(_ more: String = "") throws -> ConsoleConfiguration {
        let text = "console:\n  listen: '127.0.0.1:0'\n" + more
        let root = try ConfigurationReader(file: folder.file("configuration.yaml"), contents: Array(text.utf8))
        return try ConsoleConfiguration(try #require(try root.mapping("console")))
    }

    /// Runs a console on a store with twenty events: odd ones issued with a device each, even ones denied.
    func withConsole(_ more: String = "", _ body: (Client, EventStore) async throws -> Void) async throws {
        try await withStore(at: folder.file("events.sqlite")) { store in
            let lines = try (1...20).map { number in
                try signer.line(
                    Int64(number), number.isMultiple(of: 2) ? .denied : .issued,
                    at: Date(timeIntervalSince1970: 1_800_000_000 + Double(number) * 60)
                ) { event in
                    event.decision = number.isMultiple(of: 2) ? .denied : .allowed
                    event.label = number <= 10 ? "default" : "pumps"
                    event.serial = "00ab\(100 + number)"
                    event.device = "d\(number)"
                    event.reason = number.isMultiple(of: 2) ? "wrong-secret" : nil
                    event.subject = "CN=Device-\(number)"
                    event.names = ["dns:d\(number).Example.com"]
                    event.notAfter = AuditEvent.timestamp(Date(timeIntervalSinceNow: Double(number) * 86_400))
                }
            }
            _ = try await store.append(source: "signer", signer.request(lines))
            let (addresses, listening) = AsyncStream.makeStream(of: ListenAddress.self)
            let console = try ConsoleServer(
                configuration: try configuration(more), store: store, version: "test", startedAt: 1,
                logger: Logger(label: "test"), onListening: { listening.yield($0) })
            let running = Task {
                defer { listening.finish() }
                try await console.run()
            }
            var iterator = addresses.makeAsyncIterator()
            let address = try #require(await iterator.next())
            var thrown: (any Error)?
            do {
                try await body(Client(base: "http://\(address)"), store)
            } catch {
                thrown = error
            }
            await console.close()
            running.cancel()
            _ = await running.result
            if let thrown { throw thrown }
        }
    }

    func places(_ answer: Answer) -> [Int] {
        (answer.json["events"] as? [[String: Any]] ?? []).compactMap { $0["place"] as? Int }
    }

    @Test func prunesOnlyForWhoHasTheEvents() async throws {
        try await withConsole { client, store in
            _ = try await store.append(
                source: "signer", signer.request((21...300).map { try signer.line($0) }, from: 21))
            var frontier = TreeFrontier()
            for place in 1...256 {
                frontier.append(.leaf(Array(try #require(try await store.line(at: Int64(place))).utf8))) { _, _ in }
            }
            for body in ["{}", "x", "{\"through\":256,\"root\":\"\(MerkleHash.empty)\"}"] {
                #expect(try await client.send("POST", "/api/v1/prune", body: body).status == 400, "\(body)")
            }
            let body = "{\"through\":256,\"root\":\"\(frontier.root)\"}"
            let answer = try await client.send("POST", "/api/v1/prune", body: body)
            #expect(answer.status == 200 && answer.json["pruned"] as? Int == 256, "\(answer.text)")
            #expect(try await client.send("POST", "/api/v1/prune", body: body).status == 400)
            let gone = try await client.get("/tile/entries/000")
            #expect(gone.status == 404 && gone.text.contains("events 1 to 256 were exported and pruned"))
            #expect(try await client.get("/tile/0/000").status == 200)
            let told = try await client.get("/api/v1/events?type=pruned")
            #expect(told.text.contains("console:local") && places(told) == [301])
        }
    }

    @Test func findsEventsByEveryFilter() async throws {
        try await withConsole { client, _ in
            let filters: [(String, [Int])] = [
                ("type=issued&limit=3", [19, 17, 15]), ("type=issued&limit=3&cursor=15", [13, 11, 9]),
                ("label=pumps&decision=denied&order=oldest", [12, 14, 16, 18, 20]), ("serial=00:AB:11:3", [13]),
                ("subject=device-13", [13]), ("name=d7.example", [7]), ("text=Device+13+PUMPS", [13]),
                ("text=nothing", []), ("since=2027-01-15T08:18:00Z", [20, 19, 18]),
                ("since=2027-01-15T08:18:00Z&until=2027-01-15T08:19:00Z&source=signer", [18]), ("label=a'b", []),
            ]
            for (query, expected) in filters {
                let answer = try await client.get("/api/v1/events?" + query)
                #expect(answer.status == 200 && places(answer) == expected, "\(query): \(answer.text.prefix(300))")
            }
            for query in ["type=x", "limit=0", "limit=1001", "cursor=-1", "name=ab", "since=now", "x=1", "order=up"] {
                let answer = try await client.get("/api/v1/events?" + query)
                #expect(answer.status == 400, "\(query)")
                #expect((answer.json["error"] as? [String: Any])?["code"] as? String == "invalid-argument")
            }
        }
    }

    @Test func anEventHasItsExactLine() async throws {
        try await withConsole { client, store in
            let answer = try await client.get("/api/v1/events/7")
            #expect(try await answer.json["line"] as? String == store.line(at: 7))
            #expect(try await client.get("/api/v1/events/21").status == 404)
            #expect(try await client.get("/api/v1/events/0").status == 404)
            #expect(try await client.get("/api/v1/events/99999999999999999999").status == 404)
        }
    }

    @Test func exportsExactLinesAndLogsIt() async throws {
        try await withConsole { client, store in
            let answer = try await client.get("/api/v1/export?type=denied")
            let lines = answer.text.split(separator: "\n").map { String($0) }
            var expected: [String] = []
            for place in stride(from: Int64(2), through: 20, by: 2) {
                expected.append(try await store.line(at: place) ?? "")
            }
            #expect(lines == expected)
            let logged = try AuditEvent(line: try #require(try await store.line(at: 21)))
            #expect(logged.type == .exported && logged.source == "auditor" && logged.operator == "console:local")
        }
    }

    @Test func everyAnswerHasStrictHeadersAndOtherHostsAreRefused() async throws {
        try await withConsole { client, _ in
            for path in ["/", "/api/v1/status", "/api/v1/nothing", "/api/v1/events?limit=x"] {
                let headers = try await client.get(path).headers
                #expect(headers["content-security-policy"]?.contains("default-src 'none'") == true, "\(path)")
                #expect(headers["x-content-type-options"] == "nosniff" && headers["referrer-policy"] == "no-referrer")
                #expect(path == "/" || headers["cache-control"] == "no-store")
            }
            #expect(try await client.get("/api/v1/status", headers: ["Host": "rebound.example"]).status == 421)
            let foreign = ["Origin": "https://evil.example"]
            #expect(try await client.send("DELETE", "/api/v1/session", headers: foreign).status == 403)
        }
    }

    @Test func theDescriptionNamesWhatTheAnswersHave() async throws {
        try await withConsole { client, _ in
            let description = try await client.get("/api/v1/openapi.json").json
            let paths = try #require(description["paths"] as? [String: [String: Any]])
            let schemas = try #require((description["components"] as? [String: Any])?["schemas"] as? [String: Any])
            for path in [
                "/", "/api/v1/events", "/api/v1/events/{place}", "/api/v1/counts", "/api/v1/certificates/expiring",
                "/api/v1/status", "/api/v1/stream", "/api/v1/export", "/api/v1/session", "/api/v1/openapi.json",
            ] { #expect(paths[path] != nil, "\(path)") }
            for (path, schema) in [
                ("/api/v1/events", "EventPage"), ("/api/v1/events/1", "EventDetail"), ("/api/v1/counts", "Counts"),
                ("/api/v1/certificates/expiring?within=9d", "Expiring"), ("/api/v1/status", "Status"),
                ("/api/v1/session", "Session"), ("/api/v1/nothing", "Error"),
            ] {
                let answer = try await client.get(path).json
                let problem = SchemaCheck(schemas: schemas).problem(with: answer, schema: try #require(schemas[schema]))
                #expect(problem == nil, "\(path): \(problem ?? "")")
            }
        }
    }

    @Test func theStreamGoesOnWhereItsReaderStopped() async throws {
        try await withConsole { client, store in
            let reader = StreamReader()
            let session = URLSession(configuration: .ephemeral, delegate: reader, delegateQueue: nil)
            var request = URLRequest(url: try #require(URL(string: client.base + "/api/v1/stream?type=issued")))
            request.setValue("16", forHTTPHeaderField: "Last-Event-ID")
            let task = session.dataTask(with: request)
            task.resume()
            try await reader.wait { $0.contains("id: 17\n") && $0.contains("id: 19\n") }
            let next = try (21...22).map { try signer.line(Int64($0), $0 == 21 ? .issued : .denied) }
            _ = try await store.append(source: "signer", signer.request(next, from: 21))
            try await reader.wait { $0.contains("id: 21\nevent: event\ndata: {\"place\":21,") }
            #expect(!reader.text.contains("id: 18\n") && !reader.text.contains("id: 22\n"))
            task.cancel()
            session.invalidateAndCancel()
        }
    }

    @Test func anOperatorSignsInAndOut() async throws {
        let path = folder.file("users")
        var users = try ConsoleUserFile(path: path)
        try users.set(.init(name: "eva", role: "viewer", hash: try PasswordHash(password: "correct horse battery")))
        try users.write(to: path)
        try await withConsole("  users: users\n  sign-in: {failures: 3}\n") { client, store in
            for path in ["/api/v1/events", "/api/v1/session", "/api/v1/stream", "/api/v1/export"] {
                #expect(try await client.get(path).status == 401, "\(path)")
            }
            #expect(try await client.get("/").status == 200)
            let good = #"{"user":"eva","password":"correct horse battery"}"#
            let answer = try await client.send("POST", "/api/v1/session", body: good)
            let cookie = try #require(answer.headers["set-cookie"]?.split(separator: ";").first)
            #expect(answer.headers["set-cookie"]?.contains("HttpOnly") == true)
            let signed = ["Cookie": String(cookie)]
            #expect(try await client.get("/api/v1/events", headers: signed).status == 200)
            #expect(try await client.get("/api/v1/export", headers: signed).status == 403)
            #expect(try await client.send("POST", "/api/v1/prune", headers: signed, body: "{}").status == 403)
            #expect(try await client.send("DELETE", "/api/v1/session", headers: signed).status == 204)
            #expect(try await client.get("/api/v1/events", headers: signed).status == 401)
            for status in [401, 401, 401, 429] {
                let wrong = #"{"user":"eva","password":"wrong"}"#
                #expect(try await client.send("POST", "/api/v1/session", body: wrong).status == status)
            }
            var request = ListEventsRequest()
            request.source = "auditor"
            let types = try await store.events(request).lines.map { try AuditEvent(line: $0).type }
            #expect(
                types.prefix(2) == [.signedIn, .signedOut] && types.dropFirst(2).allSatisfy { $0 == .signInFailed })
        }
    }

    static let wrong: [(String, String)] = [
        ("listen: '0.0.0.0:8480'", "tls.certificate"),
        ("listen: '0.0.0.0:8480'\n  tls: {certificate: a, key: b}", "operator-ca"),
        ("operator-ca: ca.pem", "tls.certificate"), ("operators: [{name: a, role: viewer}]", "operator-ca"),
        ("public: everything", "checkpoint-and-tiles"),
    ]

    @Test(arguments: wrong) func aConsoleForOthersNeedsTLSAndUsers(text: String, named: String) throws {
        let root = try ConfigurationReader(file: "/c.yaml", contents: Array("console:\n  \(text)\n".utf8))
        let error = try #require(throws: ConfigurationError.self) {
            try ConsoleConfiguration(try #require(try root.mapping("console")))
        }
        #expect(error.description.contains(named))
    }
}

/// Compares an answer with a schema: types and required properties.
private struct SchemaCheck {
    let schemas: [String: Any]

    /// What is wrong; nil where the answer fits.
    func problem(with value: Any, schema: Any, at path: String = "") -> String? {
        guard let schema = schema as? [String: Any] else { return "\(path): no schema" }
        if let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last {
            return problem(with: value, schema: schemas[String(name)] ?? 0, at: path)
        }
        if let choices = schema["anyOf"] as? [Any] {
            return choices.contains { problem(with: value, schema: $0, at: path) == nil } ? nil : "\(path): fits none"
        }
        let types = (schema["type"] as? [String]) ?? [schema["type"] as? String ?? ""]
        let fits = types.contains { type in
            switch type {
            case "object": value is [String: Any]
            case "array": value is [Any]
            case "string": value is String
            case "integer", "number", "boolean": value is NSNumber
            case "null": value is NSNull
            default: false
            }
        }
        guard fits else { return "\(path) is no \(types)" }
        if let object = value as? [String: Any] {
            for name in schema["required"] as? [String] ?? [] where object[name] == nil {
                return "\(path).\(name) is missing"
            }
            let properties = schema["properties"] as? [String: Any] ?? [:]
            for (name, value) in object {
                if let schema = properties[name] ?? (schema["additionalProperties"] as? [String: Any]) {
                    if let problem = problem(with: value, schema: schema, at: path + "." + name) { return problem }
                } else if schema["additionalProperties"] == nil {
                    return "\(path).\(name) is not described"
                }
            }
        }
        if let list = value as? [Any], let items = schema["items"] {
            return list.lazy.compactMap { problem(with: $0, schema: items, at: path + "[]") }.first
        }
        return nil
    }
}

/// Gathers what a stream sends.
private final class StreamReader: NSObject, URLSessionDataDelegate, Sendable {
    private let received = Mutex("")

    var text: String { received.withLock { $0 } }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        received.withLock { $0 += String(decoding: data, as: UTF8.self) }
    }

    func wait(until condition: (String) -> Bool) async throws {
        let limit = ContinuousClock.now.advanced(by: .seconds(30))
        while !condition(text) {
            try #require(ContinuousClock.now < limit, "came: \(text)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
