internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Keeps up with one signer: a ping a second, and its catalogue when that has changed (design §10).
final class SignerLink: Service {
    private struct State {
        /// Whether the last ping was answered: a signer that hangs keeps its connection.
        var answers = true
        var catalogueFailure: String?
    }

    static let pingInterval = Duration.seconds(1)
    static let pingBudget = Duration.milliseconds(1500)
    static let catalogueBudget = Duration.seconds(5)

    /// Its place in the configuration: of two signers with one label the first counts.
    let index: Int
    let port: SignerPort
    private let file: CatalogueFile
    private let directory: CatalogueDirectory
    private let report: @Sendable () -> NodeReport
    /// Told the numbers of the newest CRLs, by authority, after each ping.
    private let onRevocationLists: @Sendable ([String: Int64]) -> Void
    private let logger: Logger
    private let state = Mutex(State())

    init(
        index: Int, port: SignerPort, file: CatalogueFile, directory: CatalogueDirectory, logger: Logger,
        onRevocationLists: @escaping @Sendable ([String: Int64]) -> Void,
        report: @escaping @Sendable () -> NodeReport
    ) {
        self.index = index
        self.port = port
        self.file = file
        self.directory = directory
        self.onRevocationLists = onRevocationLists
        self.report = report
        self.logger = logger
    }

    /// Whether a call has a chance.
    var isUp: Bool {
        port.isUp() && state.withLock { $0.answers }
    }

    /// Calls the signer, or fails at once while it is not there.
    func call<Reply>(_ body: (any SigningBackend) async throws -> Reply) async throws -> Reply {
        guard isUp else { throw ServiceError(.unreachable, "The signer is not there.") }
        return try await body(port.backend)
    }

    /// Takes the catalogue that was kept on disk.
    func loadKeptCatalogue() {
        do {
            guard let catalogue = try file.load(verifiedBy: port.catalogueKey) else { return }
            try apply(catalogue)
            logger.info(
                "Kept catalogue is in force",
                metadata: ["signer": "\(port.name)", "catalogue.version": "\(catalogue.version)"])
        } catch {
            // Not fatal: the signer will send it again.
            logger.error(
                "Kept catalogue can't be used",
                metadata: ["signer": "\(port.name)", "path": "\(file.path)", "error": "\(error)"])
        }
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                await ping()
                try await Task.sleep(for: Self.pingInterval)
            }
        }
    }

    private func ping() async {
        guard port.isUp() else {
            // What the last connection did says nothing of the next.
            state.withLock { $0.answers = true }
            return
        }
        do {
            let reply = try await CallBudget.$current.withValue(Self.pingBudget) {
                try await port.backend.ping(PingRequest(report: report()))
            }
            if !state.withLock({ exchange(&$0.answers, with: true) }) {
                logger.notice("Signer answers again", metadata: ["signer": "\(port.name)"])
            }
            if reply.catalogueVersion != directory.version(of: index) {
                await refresh()
            }
            // After the catalogue, which may bring the authority.
            onRevocationLists(reply.revocationLists)
        } catch {
            if state.withLock({ exchange(&$0.answers, with: false) }) {
                logger.warning(
                    "Signer does not answer", metadata: ["signer": "\(port.name)", "error": "\(error)"])
            }
        }
    }

    /// Fetches the catalogue, verifies it, keeps it and puts it in force, in this order: what is served now can be
    /// served after a restart too.
    private func refresh() async {
        do {
            let signed = try await CallBudget.$current.withValue(Self.catalogueBudget) {
                try await port.backend.catalogue(CatalogueRequest())
            }
            let catalogue = try signed.verified(by: port.catalogueKey)
            let held = directory.version(of: index)
            guard catalogue.version != held else { return }
            guard catalogue.version > held else {
                throw CatalogueError("version \(catalogue.version) is lower than \(held), which is in force")
            }
            try apply(catalogue, keeping: signed)
            state.withLock { $0.catalogueFailure = nil }
            logger.notice(
                "Catalogue is in force",
                metadata: ["signer": "\(port.name)", "catalogue.version": "\(catalogue.version)"])
        } catch {
            // Once for each cause, not once a second.
            let failure = "\(error)"
            if state.withLock({ exchange(&$0.catalogueFailure, with: failure) }) != failure {
                logger.error(
                    "Catalogue is not taken", metadata: ["signer": "\(port.name)", "error": "\(failure)"])
            }
        }
    }

    private func apply(_ catalogue: Catalogue, keeping signed: SignedCatalogue? = nil) throws {
        let labels = try ServedLabel.all(of: catalogue, signer: self)
        let authorities = try catalogue.authorities.map { try ServedAuthority($0, signer: self) }
        if let signed {
            try file.write(signed)
        }
        directory.apply(
            labels, authorities: authorities, nodeChain: catalogue.nodeAuthority?.serverChain,
            version: catalogue.version, of: index)
    }
}

/// A catalogue that is signed, and still can't be put in force.
struct CatalogueError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Puts a value in a place, and returns what was there.
func exchange<Value>(_ place: inout Value, with value: Value) -> Value {
    let old = place
    place = value
    return old
}
