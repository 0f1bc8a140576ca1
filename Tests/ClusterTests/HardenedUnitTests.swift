internal import Foundation
internal import Testing
internal import X509

/// The systemd units under compose/systemd: systemd knows every line, and the processes can do with what they leave.
///
/// systemd itself does not run in a container. So the processes run under `strace`, and what they did is compared with
/// what the units allow.
@Suite struct HardenedUnitTests {
    private static let roles = ["signer", "auditor", "frontend"]

    @Test(arguments: roles) func systemdKnowsEveryLineAndFindsItHardened(_ role: String) async throws {
        let analyze = try InstalledProgram.require("systemd-analyze", package: "systemd")
        let unit = try Unit(role: role)
        let folder = NSTemporaryDirectory() + "estuary-units-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // The program has to be where the unit says.
        let path = "\(folder)/estuary-\(role).service"
        try unit.text.replacingOccurrences(of: "/usr/local/bin", with: TestCluster.executables)
            .write(toFile: path, atomically: true, encoding: .utf8)
        let verified = try await CommandRun.run([analyze, "verify", path])
        #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors)")
        // In tenths: what is left is that the process talks to a network, and runs in the host's root directory.
        let judged = try await CommandRun.run([
            analyze, "security", "--offline=true", "--threshold=15", "--no-pager", path,
        ])
        #expect(judged.status == 0, "\(judged.text.suffix(200)) \(judged.errors)")
        for line in [
            "NoNewPrivileges=yes", "ProtectSystem=strict", "MemoryDenyWriteExecute=yes", "CapabilityBoundingSet=",
            "PrivateDevices=yes", "Restart=always",
        ] {
            #expect(unit.lines.contains(line), "\(role): \(line)")
        }
        #expect(unit.lines.contains("LimitMEMLOCK=infinity") == (role == "signer"))
    }

    @Test(.timeLimit(.minutes(3))) func theProcessesDoNothingThatTheUnitsForbid() async throws {
        let strace = try InstalledProgram.require("strace", package: "strace")
        let cluster = try await TestCluster()
        let names = ["auditor", "signer", "frontend-1"]
        for name in names {
            try cluster.start(
                name, through: [strace, "-f", "-qq", "-e", "signal=none", "-o", "\(cluster.directory)/\(name).trace"])
        }
        try await cluster.waitUntilReady()
        let device = try TestDevice("sensor-1", in: cluster)
        let certificate = try await device.enroll(cluster, secret: cluster.firstSecret()).certificate()
        #expect(try await device.renew(cluster, with: certificate, of: device).status == 200)
        try await cluster.estuary(
            "certificate", "revoke", Array(certificate.serialNumber.bytes).map { String(format: "%02x", $0) }.joined())
        try await cluster.estuary("reload")
        try await cluster.waitUntilAudited()
        for name in names {
            let trace = try Trace(path: "\(cluster.directory)/\(name).trace")
            // strace goes when its process does; ended itself, it would leave that behind.
            kill(trace.process, SIGTERM)
            try await cluster.process(name).waitForEnd()
            try await check(
                Trace(path: "\(cluster.directory)/\(name).trace"),
                against: Unit(role: name == "frontend-1" ? "frontend" : name), folder: "\(cluster.directory)/\(name)")
        }
    }

    private func check(_ trace: Trace, against unit: Unit, folder: String) async throws {
        #expect(trace.calls.count > 40)
        var allowed = try await unit.allowedCalls()
        // SQLite gives its files the owner of the database where it runs as root, as tests may do.
        if getuid() == 0 { allowed.formUnion(["fchown", "chown"]) }
        #expect(trace.calls.subtracting(allowed) == [], "\(unit.role) makes calls that SystemCallFilter= forbids")
        #expect(
            trace.addressFamilies.subtracting(unit.addressFamilies) == [],
            "\(unit.role) has sockets that RestrictAddressFamilies= forbids")
        #expect(trace.executableAndWritable == [], "\(unit.role) needs memory that MemoryDenyWriteExecute= forbids")
        let strangers = trace.writtenFiles.filter { path in
            // StateDirectory=, PrivateTmp= and PrivateDevices= leave these.
            path.hasPrefix("/") && !(["/tmp/", "/var/tmp/", "/dev/null", "/dev/shm/"].contains { path.hasPrefix($0) })
                && !path.hasPrefix(folder)
        }
        #expect(strangers == [], "\(unit.role) writes where ProtectSystem=strict forbids it")
    }
}

/// A unit file of this repository.
private struct Unit {
    let role: String
    let text: String

    init(role: String) throws {
        self.role = role
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        text = try String(
            contentsOf: folder.appendingPathComponent("compose/systemd/estuary-\(role).service"), encoding: .utf8)
    }

    var lines: Set<String> { Set(text.split(separator: "\n").map(String.init)) }

    private func values(of key: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    var addressFamilies: Set<String> {
        Set(values(of: "RestrictAddressFamilies").flatMap { $0.split(separator: " ").map(String.init) })
    }

    /// The system calls that its filter lets through, as systemd's own groups have them.
    func allowedCalls() async throws -> Set<String> {
        let analyze = try InstalledProgram.require("systemd-analyze", package: "systemd")
        var groups: [String: [String]] = [:]
        var group = ""
        for line in try await CommandRun.run([analyze, "syscall-filter", "--no-pager"]).text.split(separator: "\n") {
            let word = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("@") {
                group = word
            } else if !word.hasPrefix("#"), !word.isEmpty {
                groups[group, default: []].append(word)
            }
        }
        try #require(groups["@system-service"] != nil)
        func members(_ name: String) -> Set<String> {
            guard name.hasPrefix("@") else { return [name] }
            return (groups[name] ?? []).reduce(into: []) { $0.formUnion(members($1)) }
        }
        return values(of: "SystemCallFilter").reduce(into: []) { allowed, value in
            let isDenied = value.hasPrefix("~")
            for name in value.drop(while: { $0 == "~" }).split(separator: " ") {
                if isDenied {
                    allowed.subtract(members(String(name)))
                } else {
                    allowed.formUnion(members(String(name)))
                }
            }
        }
    }
}

/// What `strace -f` wrote of a process.
private struct Trace {
    let process: pid_t
    private(set) var calls: Set<String> = []
    private(set) var addressFamilies: Set<String> = []
    private(set) var executableAndWritable: [String] = []
    private(set) var writtenFiles: Set<String> = []

    init(path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let first = text.prefix { $0 != " " }
        process = try #require(pid_t(first), "strace has written nothing: \(text.prefix(200))")
        // strace itself starts the process with it.
        for line in text.split(separator: "\n").dropFirst() {
            guard let call = line.firstMatch(of: #/^\d+\s+([a-z_0-9]+)\((.*)/#) else { continue }
            let (name, rest) = (String(call.output.1), String(call.output.2))
            calls.insert(name)
            switch name {
            case "socket":
                addressFamilies.insert(String(rest.prefix { $0 != "," }))
            case "mmap" where rest.contains("PROT_WRITE") && rest.contains("PROT_EXEC"),
                "mprotect" where rest.contains("PROT_EXEC"), "pkey_mprotect" where rest.contains("PROT_EXEC"):
                executableAndWritable.append(String(line))
            case "openat", "open", "unlink", "rename", "mkdir":
                guard name != "openat" && name != "open" || rest.contains("O_WRONLY") || rest.contains("O_RDWR"),
                    !rest.contains("= -1"), let path = rest.firstMatch(of: #/"([^"]*)"/#)
                else { continue }
                writtenFiles.insert(String(path.output.1))
            default: break
            }
        }
    }
}
