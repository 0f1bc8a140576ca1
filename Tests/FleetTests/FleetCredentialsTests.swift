internal import Fleet
internal import Foundation
internal import Testing

@Suite("Fleet credentials", .timeLimit(.minutes(1)))
struct FleetCredentialsTests {
    @Test("a fleet goes on with the certificates that it was saved with")
    func survives() async throws {
        let folder = NSTemporaryDirectory() + "fleet-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "reenroll=1", count: 12)
        fleet.plan.connectionUse = .new
        let devices = try await fleet.enrolled(6)
        _ = try await fleet.run(enrolled: devices)
        let neverEnrolled = try await FleetUnderTest.devices(2)
        #expect(try FleetCredentials(folder: folder).save(devices + neverEnrolled) == 6)
        let mode = try FileManager.default.attributesOfItem(atPath: folder + "/devices.jsonl")[.posixPermissions]
        #expect(mode as? Int == 0o600)

        let loaded = try FleetCredentials(folder: folder).load(limit: 100)
        #expect(loaded.map(\.name) == devices.map(\.name))
        let result = try await fleet.run(enrolled: loaded)
        #expect(result.completedEnrollments == 12 && server.seen.staleCertificates == 0)
        #expect(try FleetCredentials(folder: folder).load(limit: 2).count == 2)
        try await server.stop()
    }

    @Test("names the line that is no device, and the folder that has none")
    func refuses() throws {
        let folder = NSTemporaryDirectory() + "fleet-\(UUID().uuidString)"
        #expect(throws: FleetError.self) { try FleetCredentials(folder: folder).load(limit: 1) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try #"{"name":"a","key":"AAAA","certificate":"AAAA"}"#.write(
            toFile: folder + "/devices.jsonl", atomically: true, encoding: .utf8)
        let error = #expect(throws: FleetError.self) { try FleetCredentials(folder: folder).load(limit: 1) }
        #expect(error?.description.hasPrefix("Line 1 of") == true)
    }
}
