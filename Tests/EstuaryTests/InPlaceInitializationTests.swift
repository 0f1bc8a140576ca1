internal import ArgumentParser
internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import NodeSetup
internal import Testing

@testable internal import estuary

/// `estuary init --in-place` and `--role`: folders that may be there, and are never taken for finished when they are not.
@Suite struct InPlaceInitializationTests {
    let folder: TemporaryFolder
    /// Stands in for `estuary-signer`: keeps its arguments and makes the files that belong to it.
    let signer: String

    init() throws {
        folder = try TemporaryFolder()
        signer = try folder.write(Self.script(in: folder.path), to: "estuary-signer", executable: true)
    }

    /// - Parameter ending: what the stand-in does when its files are made.
    private static func script(in folder: String, ending: String = "") -> String {
        """
        #!/bin/sh
        printf '%s\\n' "$@" > "\(folder)/arguments"
        umask 077
        while [ $# -gt 0 ]; do
            case "$1" in
            --directory)
                mkdir -p "$2/authorities/devices"
                for file in configuration.yaml witness.key.pub authorities/devices/certificate.pem; do
                    echo made > "$2/$file"
                done;;
            --root-directory) echo key > "$2/root-key.pem";;
            --trust-anchor|--enrollment-secret|--root-passphrase-output) echo x > "$2";;
            esac
            shift
        done
        \(ending)
        echo '{"catalogueKey":"Y2F0YWxvZ3Vl","signerKey":"ignored","invitation":"inv1"}'
        """
    }

    private var state: StateDirectory { get throws { try StateDirectory(folder.file("state")) } }

    private func initialization(program: String? = nil) throws -> InPlaceInitialization {
        var initialization = InPlaceInitialization(state: try state, signerProgram: program ?? signer)
        initialization.signer = .init(endpoint: "tcp://0.0.0.0:7601", address: "tcp://signer:7601")
        initialization.auditor = .init(endpoint: "tcp://0.0.0.0:7602", address: "tcp://auditor:7602")
        initialization.console = ListenAddress(host: "0.0.0.0", port: 8480)
        initialization.invitation = .init(path: folder.file("state/joining/invitation"), uses: 5, lifetime: 3600)
        return initialization
    }

    private func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
    }

    private func names(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.file(name)).sorted()
    }

    private func makeVolumes() throws {
        for name in ["signer", "auditor", "root", "public", "secrets", "joining"] {
            try FileManager.default.createDirectory(
                atPath: folder.file("state/\(name)"), withIntermediateDirectories: true)
        }
        // As in the mount point of a file system.
        try FileManager.default.createDirectory(
            atPath: folder.file("state/signer/lost+found"), withIntermediateDirectories: false)
    }

    @Test func fillsFoldersThatAreThere() async throws {
        try makeVolumes()
        let initialization = try initialization()
        try await initialization.run()
        #expect(try initialization.folders.isFinished())
        #expect(try names("state/public") == ["cluster.yaml", "trust-anchor.pem"])
        #expect(try names("state/secrets") == ["console-password", "enrollment-secret", "root-passphrase"])
        #expect(
            try names("state/auditor") == [
                "configuration.yaml", "console-users", "curve.key", "curve.key.pub", "log.key", "log.key.pub",
            ])
        for name in ["secrets/console-password", "joining/invitation", "auditor/console-users"] {
            #expect(try mode("state/\(name)") == 0o600, "\(name)")
        }
        #expect(try mode("state/public/cluster.yaml") == 0o644)
        for name in ["signer", "auditor", "root", "secrets"] { #expect(try mode("state/\(name)") == 0o700) }

        let state = try state
        #expect(state.exists && state.isInPlace)
        let facts = try ClusterFacts.load(state)
        #expect(facts.signerEndpoint == "tcp://signer:7601" && facts.auditorEndpoint == "tcp://auditor:7602")
        let invitation = try NodeInvitation.load(path: folder.file("state/joining/invitation"))
        #expect(invitation.id == "inv1" && invitation.facts == facts)
        let auditor = try ConfigurationReader.load(path: state.auditor + "/configuration.yaml")
        #expect(try auditor.string("endpoint") == "tcp://0.0.0.0:7602")
        #expect(try auditor.mapping("console")?.string("users") == "console-users")
        #expect(try auditor.mapping("console")?.mapping("tls")?.string("key") == "console.key")
        let arguments = try folder.text("arguments").split(separator: "\n").map(String.init)
        #expect(arguments.contains("tcp://0.0.0.0:7601") && arguments.contains("tcp://auditor:7602"))
        #expect(arguments.contains("--console-hosts=localhost+127.0.0.1"))
        #expect(
            arguments.contains(
                "--invitation=key=\(invitation.key.publicKey.z85),uses=5,lifetime=3600,hosts=localhost+127.0.0.1+::1"))
    }

    @Test func withoutFoldersItMakesThem() async throws {
        var initialization = try initialization()
        initialization.console = ListenAddress(host: "127.0.0.1", port: 8480)
        initialization.rootPassphraseFile = "/secret/passphrase"
        initialization.invitation = nil
        try await initialization.run()
        #expect(try names("state") == ["auditor", "public", "root", "secrets", "signer"])
        #expect(try names("state/secrets") == ["enrollment-secret"])
        let auditor = try ConfigurationReader.load(path: try state.auditor + "/configuration.yaml")
        #expect(try auditor.mapping("console")?.contains("tls") == false)
    }

    @Test func aFailureLeavesTheFoldersEmpty() async throws {
        try makeVolumes()
        let failing = try folder.write(
            Self.script(in: folder.path, ending: "exit 4"), to: "failing", executable: true)
        let failure = try await #require(throws: Failure.self) { try await initialization(program: failing).run() }
        #expect(failure.message.contains("ended with status 4"))
        for name in ["public", "auditor", "root", "secrets", "joining"] { #expect(try names("state/\(name)") == []) }
        #expect(try names("state/signer") == ["lost+found"])
        #expect(try initialization().folders.isFinished() == false)
        try await initialization().run()
    }

    /// Killed in the middle: what is there then, made by a run that ends in its folders.
    private func interrupt() async throws {
        try makeVolumes()
        try await initialization(program: keeping("state/public/initializing.places")).run()
        try FileManager.default.removeItem(atPath: folder.file("state/public/cluster.yaml"))
        try leave("state/public/initializing")
    }

    /// The stand-in, which keeps the list of what the run fills.
    private func keeping(_ places: String) throws -> String {
        try folder.write(
            Self.script(in: folder.path, ending: "cp '\(folder.file(places))' '\(folder.file("places"))'"),
            to: "keeping", executable: true)
    }

    /// What says that a run has begun.
    private func leave(_ begun: String) throws {
        _ = try folder.write("", to: begun)
        _ = try folder.write(try folder.text("places"), to: begun + ".places")
    }

    @Test func whatWasInterruptedIsNotFinishedAndMadeAnew() async throws {
        try await interrupt()
        let old = try folder.text("state/auditor/curve.key.pub")
        #expect(try initialization().folders.isFinished() == false)
        #expect(try !state.exists)
        try await initialization().run()
        #expect(try folder.text("state/auditor/curve.key.pub") != old)
        #expect(try names("state/public") == ["cluster.yaml", "trust-anchor.pem"])
    }

    @Test(arguments: ["signer/ledger.sqlite.lock", "auditor/events.sqlite"])
    func whatWasInterruptedAndUsedAllTheSameIsLeftAlone(_ trace: String) async throws {
        try await interrupt()
        _ = try folder.write("", to: "state/\(trace)")
        let before = try names("state/signer")
        let failure = try await #require(throws: Failure.self) { try await initialization().run() }
        #expect(failure.message.contains("was interrupted here") && failure.message.contains(trace))
        #expect(try names("state/signer") == before)
        #expect(try !state.exists)
    }

    /// Begun, and ended before it had noted that the places were free.
    @Test func withoutAListOfItsPlacesNothingIsRemoved() async throws {
        try await interrupt()
        try FileManager.default.removeItem(atPath: folder.file("state/public/initializing.places"))
        let before = try names("state/root")
        let failure = try await #require(throws: Failure.self) { try await initialization().run() }
        #expect(failure.message.contains("is there already"))
        #expect(try names("state/root") == before && !before.isEmpty)
    }

    @Test(arguments: ["signer/something", "secrets/enrollment-secret", "joining/invitation"])
    func whatItHasNotMadeIsNeitherReplacedNorRemoved(_ name: String) async throws {
        try makeVolumes()
        _ = try folder.write("mine", to: "state/\(name)")
        let failure = try await #require(throws: Failure.self) { try await initialization().run() }
        #expect(failure.message.contains("is there already"))
        #expect(try folder.text("state/\(name)") == "mine")
        #expect(try names("state/public") == [])
    }

    @Test func aLostVolumeIsNotTakenForAClusterThatIsThere() async throws {
        try await initialization().run()
        try FileManager.default.removeItem(atPath: folder.file("state/signer"))
        let failure = try #require(throws: Failure.self) { try initialization().folders.isFinished() }
        #expect(failure.message.contains("signer/configuration.yaml is not there"))
    }

    @Test func twoAtOnceAreOne() async throws {
        let slow = try folder.write(
            Self.script(in: folder.path, ending: "while [ ! -e \"\(folder.path)/go\" ]; do sleep 0.05; done"),
            to: "slow",
            executable: true)
        let first = try initialization(program: slow)
        let making = Task { try await first.run() }
        #expect(try await eventually { FileManager.default.fileExists(atPath: folder.file("arguments")) })
        let failure = try await #require(throws: Failure.self) { try await initialization().run() }
        #expect(failure.message.contains("at work"))
        _ = try folder.write("", to: "go")
        try await making.value
        #expect(try initialization().folders.isFinished())
    }

    // MARK: Hosts

    private func auditorHost() throws -> AuditorHostInitialization {
        AuditorHostInitialization(
            state: try StateDirectory(folder.file("auditor-host")),
            place: .init(endpoint: "tcp://0.0.0.0:7602", address: "tcp://auditor.example:7602"))
    }

    private func signerHost() throws -> SignerHostInitialization {
        SignerHostInitialization(
            state: try StateDirectory(folder.file("signer-host")), signerProgram: signer,
            rootDirectory: folder.file("root"),
            place: .init(endpoint: "tcp://0.0.0.0:7601", address: "tcp://signer.example:7601"),
            auditor: try AuditorCard.load(folder.file("auditor-host/auditor-card.yaml")))
    }

    @Test func cardsBringHostsTogether() async throws {
        try await auditorHost().run()
        let state = try auditorHost().state
        let configuration = state.auditor + "/configuration.yaml"
        #expect(try ConfigurationReader.load(path: configuration).strings("signer-keys") == [])
        let auditor = try AuditorCard.load(state.auditorCard)
        #expect(auditor.address == "tcp://auditor.example:7602")
        #expect(try folder.text("auditor-host/auditor/log.key.pub") == auditor.logKey + "\n")

        try await signerHost().run()
        let signer = try SignerCard.load(folder.file("signer-host/signer-card.yaml"))
        let signerState = try signerHost().state
        #expect(signer.trustAnchor == "x\n" && signer.issuingCertificate == "made\n")
        let facts = try ClusterFacts.load(signerState)
        #expect(facts.signerEndpoint == "tcp://signer.example:7601" && facts.auditorKey == auditor.key)
        let arguments = try folder.text("arguments").split(separator: "\n").map(String.init)
        #expect(arguments.contains("--auditor-key=\(auditor.key)") && arguments.contains("--log-key=\(auditor.logKey)"))

        #expect(try AuditorHostInitialization.complete(state, signer: signerState.signerCard))
        #expect(try ConfigurationReader.load(path: configuration).strings("signer-keys") == [signer.key])
        #expect(try ClusterFacts.load(state) == facts)
        #expect(try !AuditorHostInitialization.complete(state, signer: signerState.signerCard))
        #expect(try mode("auditor-host/auditor/configuration.yaml") == 0o600)
    }

    /// The list is of the first command line, whose folders were free; those of another are somebody else's.
    @Test func anInterruptedSignerDoesNotCostAnotherRoot() async throws {
        try await auditorHost().run()
        var first = try signerHost()
        first.signerProgram = try keeping("signer-host/signer/initializing.places")
        try await first.run()
        try FileManager.default.removeItem(atPath: folder.file("signer-host/signer-card.yaml"))
        try leave("signer-host/signer/initializing")
        try FileManager.default.createDirectory(atPath: folder.file("root-2"), withIntermediateDirectories: false)
        _ = try folder.write("another root's", to: "root-2/root-key.pem")
        var second = try signerHost()
        second.rootDirectory = folder.file("root-2")
        let failure = try await #require(throws: Failure.self) { try await second.run() }
        #expect(failure.message.contains("other places") && failure.message.contains(folder.file("root")))
        #expect(try folder.text("root-2/root-key.pem") == "another root's")
        #expect(try folder.text("root/root-key.pem") == "key\n")
        // And again: the refusal has changed nothing.
        await #expect(throws: Failure.self) { try await second.run() }
        try await signerHost().run()
        #expect(try signerHost().folders.isFinished())
        #expect(!FileManager.default.fileExists(atPath: folder.file("signer-host/signer/initializing.places")))
        #expect(try folder.text("root-2/root-key.pem") == "another root's")
    }

    @Test func anotherSignerIsNotPutInTheFirstOnesPlace() async throws {
        try await auditorHost().run()
        try await signerHost().run()
        let state = try auditorHost().state
        let card = folder.file("signer-host/signer-card.yaml")
        #expect(try AuditorHostInitialization.complete(state, signer: card))
        let text = try folder.text("signer-host/signer-card.yaml")
        let other = try SignerCard.load(card).key
        let changed = text.replacing(other, with: try AuditorCard.load(state.auditorCard).key)
        let path = try folder.write(changed, to: "other-card.yaml")
        let failure = try #require(throws: Failure.self) {
            try AuditorHostInitialization.complete(state, signer: path)
        }
        #expect(failure.message.contains("names another signer"))
        #expect(throws: Failure.self) { try AuditorHostInitialization.complete(state, signer: state.auditorCard) }
    }

    @Test(arguments: [
        "init --in-place --signer-endpoint tcp://0.0.0.0:7601", "init --in-place --signer-address tcp://signer:7601",
        "init --in-place --frontends 2", "init --frontends 0", "up --frontends 0", "init --console 0.0.0.0:8480",
        "up --console 0.0.0.0:8480", "init --signer-endpoint tcp://127.0.0.1:1", "init --invitation f",
        "init --in-place --invitation-uses 5", "init --in-place --invitation f --invitation-uses 0",
        "init --role auditor", "init --role auditor --directory d",
        "init --role auditor --directory d --endpoint tcp://0.0.0.0:1",
        "init --role auditor --directory d --endpoint x",
        "init --role signer --directory d --endpoint tcp://127.0.0.1:1",
        "init --role auditor --directory d --signer c --endpoint tcp://127.0.0.1:1", "init --directory d",
        "init --in-place --role auditor --directory d --endpoint tcp://127.0.0.1:1", "node remove",
        "node remove a --not-seen 7d",
        "node remove --not-seen 7d --key k", "node invite --output f", "node invite --hosts a",
    ])
    func refusesOptionsThatDoNotGoTogether(_ command: String) {
        #expect(throws: (any Error).self) {
            try EstuaryCommand.parseAsRoot(command.split(separator: " ").map(String.init))
        }
    }
}
