internal import ClusterProtocol
internal import ClusterTransport
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Keeps up with the CRLs of one signer's authorities: fetches what is newer, verifies it, serves it, keeps it on disk
/// (design §10).
final class RevocationListKeeper: Service {
    /// Why an authority's CRL was not taken, so that it is said once, and tried again ever more slowly.
    private struct Failure {
        var text: String
        var count: Int
        var retryAt: ContinuousClock.Instant
    }

    private static let callBudget = Duration.seconds(5)
    private static let longestPause = Duration.seconds(60)

    private let link: SignerLink
    private let directory: CatalogueDirectory
    private let lists: RevocationLists
    private let statuses: CertificateStatuses
    private let folder: RevocationListFolder
    private let logger: Logger
    private let numbers: AsyncStream<[String: Int64]>
    private let failures = Mutex<[ServedAuthority.ID: Failure]>([:])

    /// - Parameter numbers: The numbers of the newest CRLs, as the signer's answers to pings say them.
    init(
        link: SignerLink, directory: CatalogueDirectory, lists: RevocationLists, statuses: CertificateStatuses,
        folder: RevocationListFolder, numbers: AsyncStream<[String: Int64]>, logger: Logger
    ) {
        self.link = link
        self.directory = directory
        self.lists = lists
        self.statuses = statuses
        self.folder = folder
        self.logger = logger
        self.numbers = numbers
    }

    /// Serves what was kept on disk of the authorities in the catalogue.
    func loadKeptLists() {
        for authority in directory.authorities(of: link.index) {
            do {
                guard let bytes = try folder.load(authority: authority.id.name) else { continue }
                lists.serve(try HeldRevocationList(derEncoded: bytes, of: authority, after: nil), of: authority.id)
            } catch {
                // Not fatal: the signer will send it again.
                logger.error(
                    "Kept CRL can't be used", metadata: ["authority": "\(authority.id.name)", "error": "\(error)"])
            }
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            for await numbers in numbers {
                await refresh(numbers)
            }
        }
    }

    private func refresh(_ numbers: [String: Int64]) async {
        let authorities = directory.authorities(of: link.index)
        let present = Set(authorities.map(\.id))
        lists.keep(only: present, of: link.index)
        statuses.keep(only: present, of: link.index)
        failures.withLock { failures in failures = failures.filter { present.contains($0.key) } }
        for authority in authorities {
            guard let newest = numbers[authority.id.name], newest > lists.list(of: authority.id)?.number ?? .min,
                failures.withLock({ $0[authority.id]?.retryAt ?? .now }) <= .now
            else { continue }
            do {
                try await fetch(authority)
                failures.withLock { $0[authority.id] = nil }
            } catch {
                note(error, authority)
            }
        }
    }

    private func fetch(_ authority: ServedAuthority) async throws {
        var assembly = RevocationListAssembly(maximumBytes: folder.maximumBytes)
        var isWhole = false
        while !isWhole {
            let request = assembly.nextRequest(authority: authority.id.name)
            isWhole = try assembly.add(
                try await CallBudget.$current.withValue(Self.callBudget) {
                    try await link.call { try await $0.revocationList(request) }
                })
        }
        let list = try HeldRevocationList(
            derEncoded: assembly.bytes, of: authority, after: lists.list(of: authority.id))
        // In force first: a revocation does not wait for the disk.
        lists.serve(list, of: authority.id)
        logger.info(
            "CRL is in force",
            metadata: [
                "authority": "\(authority.id.name)", "crl.number": "\(list.number)",
                "crl.bytes": "\(assembly.bytes.count)",
            ])
        do {
            try folder.write(assembly.bytes, authority: authority.id.name)
        } catch {
            logger.error(
                "CRL can't be kept on disk", metadata: ["authority": "\(authority.id.name)", "error": "\(error)"])
        }
    }

    private func note(_ error: any Error, _ authority: ServedAuthority) {
        let text = "\(error)"
        let isNews = failures.withLock { failures in
            let previous = failures[authority.id]
            let count = (previous?.count ?? 0) + 1
            failures[authority.id] = Failure(
                text: text, count: count,
                retryAt: .now + min(Self.longestPause, .seconds(1 << min(count - 1, 6))))
            return previous?.text != text
        }
        if isNews {
            logger.error("CRL is not taken", metadata: ["authority": "\(authority.id.name)", "error": "\(text)"])
        }
    }
}
