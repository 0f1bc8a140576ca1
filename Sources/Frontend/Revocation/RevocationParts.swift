internal import Logging

/// What of a frontend has to do with revocation, put together.
struct RevocationParts: Sendable {
    let responder: RevocationResponder
    private let configuration: FrontendConfiguration
    private let directory: CatalogueDirectory
    private let lists = RevocationLists()
    private let statuses: CertificateStatuses
    private let logger: Logger
    /// What each signer says of its CRLs, on the way to the one who fetches them: the last is enough.
    private let news: [(stream: AsyncStream<[String: Int64]>, continuation: AsyncStream<[String: Int64]>.Continuation)]

    init(
        configuration: FrontendConfiguration, signers: Int, directory: CatalogueDirectory, drain: DrainState,
        metrics: FrontendMetrics, logger: Logger
    ) {
        let limits = configuration.limits
        self.configuration = configuration
        self.directory = directory
        self.logger = logger
        news = (0..<signers).map { _ in AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }
        statuses = CertificateStatuses(
            maximumCount: limits.statusAnswers, maximumCalls: limits.statusCalls, metrics: metrics, logger: logger)
        let cacheAge = limits.cacheAge.components.seconds
        responder = RevocationResponder(
            directory: directory, lists: lists,
            desk: CertificateStatusDesk(
                statuses: statuses, maximumRequestBytes: limits.statusRequestBytes, cacheAge: cacheAge),
            cacheAge: cacheAge, drain: drain, metrics: metrics)
        metrics.show(lists: lists, statuses: statuses)
    }

    /// What a signer's link tells the numbers of the newest CRLs.
    func listener(ofSigner index: Int) -> @Sendable ([String: Int64]) -> Void {
        let (directory, statuses, continuation) = (directory, statuses, news[index].continuation)
        return { numbers in
            // At once, before the CRL itself is fetched: a revocation shows in OCSP from here on.
            for authority in directory.authorities(of: index) {
                if let number = numbers[authority.id.name] {
                    statuses.advance(authority.id, to: number)
                }
            }
            continuation.yield(numbers)
        }
    }

    func keeper(of link: SignerLink) -> RevocationListKeeper {
        RevocationListKeeper(
            link: link, directory: directory, lists: lists, statuses: statuses,
            folder: RevocationListFolder(
                path: configuration.revocationListFolder(ofSigner: link.index),
                maximumBytes: configuration.limits.revocationListBytes),
            numbers: news[link.index].stream, logger: logger)
    }
}
