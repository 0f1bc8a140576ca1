internal import Foundation
internal import Testing

/// The signer holds the CA keys, so that it carries no code that talks to the network but the transport's (design §1).
@Suite struct SignerLinkageTests {
    private let signer = "\(TestCluster.executables)/estuary-signer"
    private let frontend = "\(TestCluster.executables)/estuary-frontend"

    /// Modules of HTTP and TLS, as they stand in mangled names and in the prefix of BoringSSL's symbols.
    private static let networkModules = ["7NIOHTTP1", "6NIOSSL", "11Hummingbird", "CNIOBoringSSL_", "8NIOPosix"]

    @Test func itNeedsNeitherATLSLibraryNorAnHTTPLibrary() async throws {
        let needed = try await CommandRun.text(["readelf", "--dynamic", "--wide", signer])
            .split(separator: "\n").filter { $0.contains("(NEEDED)") }
        #expect(needed.contains { $0.contains("libcrypto.so") && $0.contains("Shared library") })
        for library in ["libssl", "libcurl", "libgnutls", "FoundationNetworking", "libnghttp"] {
            #expect(!needed.contains { $0.contains(library) }, "the signer needs \(library)")
        }
    }

    @Test func itHasNoSymbolOfHTTPOrTLS() async throws {
        let symbols = try await CommandRun.text(["nm", "--no-demangle", signer])
        #expect(symbols.contains("6Signer"))
        for module in Self.networkModules {
            #expect(!symbols.contains(module), "the signer holds symbols of \(module)")
        }
        // The frontend has them: the names are right.
        let others = try await CommandRun.text(["nm", "--no-demangle", frontend])
        for module in Self.networkModules {
            #expect(others.contains(module), "the frontend should hold symbols of \(module)")
        }
    }
}
