internal import ArgumentParser
internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import NodeSetup
internal import Testing

@testable internal import estuary

@Suite struct InitializationTests {
    let folder: TemporaryFolder
    /// Stands in for `estuary-signer`: keeps its arguments and makes the files that belong to it.
    let signer: String

    init() throws {
        folder = try TemporaryFolder()
        signer = try folder.write(
            """
            #!/bin/sh
            printf '%s\\n' "$@" > "\(folder.path)/arguments"
            umask 077
            while [ $# -gt 0 ]; do
                case "$1" in
                --directory) echo policy > "$2/policy.yaml";;
                --root-directory) mkdir "$2";;
                --trust-anchor|--enrollment-secret) echo x > "$2";;
                esac
                shift
            done
            echo '{"catalogueKey":"Y2F0YWxvZ3Vl","signerKey":"ignored"}'
            """, to: "estuary-signer", executable: true)
    }

    private func initialization(_ name: String = "state", frontends: Int = 1) throws -> Initialization {
        var initialization = Initialization(state: try StateDirectory(folder.file(name)), signerProgram: signer)
        initialization.frontends = frontends
        return initialization
    }

    /// Every file and folder with its mode.
    private func tree(_ name: String) throws -> [String: Int] {
        let root = folder.file(name)
        var modes: [String: Int] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
            let attributes = try FileManager.default.attributesOfItem(atPath: root + "/" + path)
            modes[path] = attributes[.posixPermissions] as? Int
        }
        return modes
    }

    @Test func makesTheWholeTreeForItsOwnerOnly() async throws {
        try await initialization(frontends: 2).run()
        let modes = try tree("state")
        #expect(
            Set(modes.keys) == [
                "auditor", "auditor/configuration.yaml", "auditor/curve.key", "auditor/curve.key.pub",
                "auditor/log.key",
                "auditor/log.key.pub", "cluster.yaml",
                "enrollment-secret", "frontend-1", "frontend-1/configuration.yaml", "frontend-1/curve.key",
                "frontend-1/curve.key.pub", "frontend-2", "frontend-2/configuration.yaml", "frontend-2/curve.key",
                "frontend-2/curve.key.pub", "logs", "root", "signer", "signer/curve.key", "signer/curve.key.pub",
                "signer/policy.yaml", "trust-anchor.pem",
            ])
        for (path, mode) in modes where !path.hasSuffix(".pub") {
            #expect(mode & 0o077 == 0, "\(path) has mode \(String(mode, radix: 8))")
        }
    }

    @Test func theSignerLearnsOfEveryNode() async throws {
        var initialization = try initialization(frontends: 2)
        initialization.hosts = ["est.example.com"]
        initialization.rootPassphraseFile = "/secret/passphrase"
        try await initialization.run()
        let arguments = try folder.text("arguments").split(separator: "\n").map(String.init)
        let key = try folder.text("state/frontend-2/curve.key.pub").trimmingCharacters(in: .newlines)
        #expect(
            arguments.contains(
                "--node=name=frontend-2,role=frontend,key=\(key),hosts=localhost+127.0.0.1+::1+est.example.com"))
        #expect(arguments.suffix(2) == ["--root-passphrase-file", "/secret/passphrase"])
    }

    @Test func theConfigurationFilesCanBeRead() async throws {
        try await initialization(frontends: 3).run()
        let state = try StateDirectory(folder.file("state"))
        let facts = try ClusterFacts.load(state)
        #expect(facts.catalogueKey == "Y2F0YWxvZ3Vl")
        let auditor = try ConfigurationReader.load(path: state.auditor + "/configuration.yaml")
        #expect(try auditor.string("endpoint") == facts.auditorEndpoint)
        let frontend = try ConfigurationReader.load(path: state.frontend("frontend-2") + "/configuration.yaml")
        #expect(try frontend.mappings("signers")[0].string("key") == facts.signerKey)
        #expect(try frontend.mapping("auditor")?.string("key") == facts.auditorKey)
        let installed = try InstalledCluster(state)
        #expect(installed.frontends.map(\.name) == ["frontend-1", "frontend-2", "frontend-3"])
        #expect(installed.frontends.map(\.listen.port) == [8443, 8444, 8445])
        #expect(Set(installed.frontends.map(\.operations.port)).count == 3)
    }

    @Test func portZeroMeansFreePorts() async throws {
        var initialization = try initialization(frontends: 3)
        initialization.listen = ListenAddress(host: "127.0.0.1", port: 0)
        try await initialization.run()
        let ports = try InstalledCluster(StateDirectory(folder.file("state"))).frontends.map(\.listen.port)
        #expect(Set(ports).count == 3)
        #expect(!ports.contains(0))
    }

    @Test func leavesNothingBehindWhenTheSignerFails() async throws {
        let broken = try folder.write("#!/bin/sh\nexit 4\n", to: "broken", executable: true)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let initialization = Initialization(state: try StateDirectory(folder.file("state")), signerProgram: broken)
        let failure = try await #require(throws: Failure.self) { try await initialization.run() }
        #expect(failure.message.contains("ended with status 4"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
    }

    @Test func leavesNothingBehindWhenItIsInterrupted() async throws {
        let slow = try folder.write(
            "#!/bin/sh\necho $$ > \"\(folder.path)/identifier\"\nexec sleep 600\n", to: "slow", executable: true)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let initialization = Initialization(state: try StateDirectory(folder.file("state")), signerProgram: slow)
        let making = Task { try await initialization.run() }
        var identifier: pid_t?
        let isRunning = try await eventually {
            identifier = (try? folder.text("identifier")).flatMap { pid_t($0.trimmingCharacters(in: .newlines)) }
            return identifier != nil
        }
        #expect(isRunning)
        making.cancel()
        await #expect(throws: CancellationError.self) { try await making.value }
        #expect(kill(try #require(identifier), 0) == -1)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0 != "identifier" }.sorted()
                == before)
    }

    @Test func refusesADirectoryThatIsNotEmptyAndTakesAnEmptyOne() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("state"), withIntermediateDirectories: false)
        try await initialization().run()
        let failure = try await #require(throws: Failure.self) { try await initialization().run() }
        #expect(failure.message.hasSuffix("is not empty."))
        #expect(failure.hint?.contains("estuary up --state") == true)
    }

    @Test func refusesOptionsThatContradictTheConfiguration() async throws {
        try await initialization(frontends: 2).run()
        let installed = try InstalledCluster(StateDirectory(folder.file("state")))
        try installed.check(try ClusterOptions.parse(["--listen", "127.0.0.1:8443", "--frontends", "2"]))
        for arguments in [["--listen", "127.0.0.1:9443"], ["--frontends", "3"], ["--hosts", "a"]] {
            #expect(throws: Failure.self) { try installed.check(try ClusterOptions.parse(arguments)) }
        }
    }

    @Test func refusesAPathInWhichNoSocketFits() async throws {
        #expect(throws: Failure.self) { try StateDirectory("/tmp/" + String(repeating: "x", count: 90)) }
        _ = try StateDirectory("/tmp/" + String(repeating: "x", count: 70))
    }

    @Test func aNodeFolderIsMadeWholeOrNotAtAll() async throws {
        let facts = ClusterFacts(
            signerEndpoint: "tcp://127.0.0.1:1", signerKey: "k", catalogueKey: "c",
            auditorEndpoint: "tcp://127.0.0.1:2",
            auditorKey: "a")
        let path = folder.file("frontend-4")
        let made = try NodeFolder.create(
            at: path, name: "frontend-4", listen: ListenAddress(host: "::", port: 8443), facts: facts)
        #expect(try folder.text("frontend-4/configuration.yaml").contains("name: frontend-4"))
        #expect(throws: Failure.self) {
            try NodeFolder.create(
                at: path, name: "frontend-4", listen: ListenAddress(host: "::", port: 8443), facts: facts)
        }
        #expect(FileManager.default.fileExists(atPath: path + "/curve.key"))
        made.remove()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aNodesKeyIsKeptWhereNobodyKnowsWhetherItIsAdmitted() throws {
        let facts = ClusterFacts(
            signerEndpoint: "tcp://127.0.0.1:1", signerKey: "k", catalogueKey: "c",
            auditorEndpoint: "tcp://127.0.0.1:2", auditorKey: "a")
        let state = try StateDirectory(folder.path)
        let path = folder.file("edge")
        let made = try NodeFolder.create(
            at: path, name: "edge", listen: ListenAddress(host: "::", port: 8443), facts: facts)
        for code in [ServiceError.Code.unreachable, .deadlineExceeded, .unexpected] {
            let failure = Failure(ServiceError(code, "away"), from: "signer", state: state)
            let told = try #require(made.settle(after: failure, name: "edge", state: state) as? Failure)
            #expect(told.message == failure.message)
            #expect(told.hint?.contains("\(path) is kept") == true)
            #expect(FileManager.default.fileExists(atPath: path + "/curve.key"))
        }
        let told = made.settle(after: CancellationError(), name: "edge", state: state) as? Failure
        #expect(told?.hint?.contains("is kept") == true)
        #expect(FileManager.default.fileExists(atPath: path + "/curve.key"))

        let refusal = Failure(ServiceError(.notPermitted, "no"), from: "signer", state: state)
        #expect(made.settle(after: refusal, name: "edge", state: state) as? Failure == refusal)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func everyFolderWithANodesNameAndAConfigurationIsAFrontend() async throws {
        try await initialization(frontends: 2).run()
        let state = try StateDirectory(folder.file("state"))
        let facts = try ClusterFacts.load(state)
        for name in ["edge", "frontend-10"] {
            try state.checkNodeFolder(state.file(name))
            try NodeFolder.create(
                at: state.file(name), name: name, listen: ListenAddress(host: "::1", port: 0), facts: facts)
        }
        try FileManager.default.copyItem(atPath: state.file("edge"), toPath: state.file("edge.old"))
        #expect(try state.frontendNames() == ["frontend-1", "frontend-2", "frontend-10", "edge"])
        #expect(throws: Failure.self) { try state.checkNodeFolder(state.file("Edge_2")) }
        #expect(throws: Failure.self) { try state.checkNodeFolder("./Edge_2/", workingDirectory: state.path) }
        try state.checkNodeFolder(folder.file("Edge_2"))
    }

    @Test func theFirstStepsNameTheActualPathsAndPorts() async throws {
        let steps = FirstSteps(
            state: try StateDirectory("/srv/my state"), listen: ListenAddress(host: "0.0.0.0", port: 9443),
            program: "/opt/estuary", isFirstSecretFresh: true)
        #expect(steps.text.contains("https://localhost:9443/.well-known/est/simpleenroll"))
        #expect(steps.text.contains("--cacert '/srv/my state/trust-anchor.pem'"))
        #expect(steps.text.contains("-u \":$(cat '/srv/my state/enrollment-secret')\""))
    }
}
