// swift-tools-version: 6.2
import PackageDescription

/// The settings of every Swift target of this package.
let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asn1 = product(name: "SwiftASN1", package: "swift-asn1")
    static let collections = product(name: "DequeModule", package: "swift-collections")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = product(name: "CryptoExtras", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTLS = product(name: "HummingbirdTLS", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "CoreMetrics", package: "swift-metrics")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let histogram = product(name: "Histogram", package: "hdrhistogram-swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let x509 = product(name: "X509", package: "swift-certificates")
    static let yams = product(name: "Yams", package: "Yams")
}

let package = Package(
    name: "estuary",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "estuary", targets: ["estuary"]),
        .executable(name: "estuary-frontend", targets: ["estuary-frontend"]),
        .executable(name: "estuary-signer", targets: ["estuary-signer"]),
        .executable(name: "estuary-auditor", targets: ["estuary-auditor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System libraries.
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"]), .brew(["zeromq"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .target(name: "CLinux"),

        // What two or more processes need.
        .target(
            name: "ClusterTransport",
            dependencies: ["CZeroMQ", "CLinux", "FaultInjection", .collections, .crypto, .logging],
            path: "Sources/Shared/Cluster"),
        .target(
            name: "TransparencyLog", dependencies: ["DurableFiles", .crypto], path: "Sources/Shared/TransparencyLog"),
        .target(
            name: "LogVerification",
            dependencies: ["ClusterProtocol", "DurableFiles", "TransparencyLog", .crypto, .grdb],
            path: "Sources/Shared/LogVerification"),
        .target(
            name: "ClusterProtocol", dependencies: ["ClusterTransport", "PKI", .crypto],
            path: "Sources/Shared/Protocol"),
        .target(
            name: "PKI", dependencies: [.asn1, .crypto, .cryptoExtras, .x509],
            path: "Sources/Shared/PKI"),
        .target(
            name: "Observability", dependencies: [.logging, .metrics],
            path: "Sources/Shared/Observability"),
        .target(
            name: "ProcessLife", dependencies: [.logging, .serviceLifecycle, .unixSignals],
            path: "Sources/Shared/ProcessLife"),
        .target(name: "ConfigurationFile", dependencies: [.yams], path: "Sources/Shared/Configuration"),
        .target(name: "DurableFiles", path: "Sources/Shared/Files"),
        .target(
            name: "NodeSetup", dependencies: ["ClusterTransport", "ConfigurationFile", "DurableFiles"],
            path: "Sources/Shared/NodeSetup"),
        .target(
            name: "ConsoleUsers", dependencies: ["DurableFiles", .crypto, .cryptoExtras],
            path: "Sources/Shared/ConsoleUsers"),
        .target(name: "FaultInjection", path: "Sources/Shared/Faults"),
        .target(name: "SecureConnections", dependencies: ["PKI", .nioSSL], path: "Sources/Shared/TLS"),
        .target(
            name: "OperationsHTTP",
            dependencies: [
                "ConfigurationFile", "Observability", .hummingbird, .logging, .nioCore, .nioHTTP1, .nioPosix,
                .serviceLifecycle,
            ],
            path: "Sources/Shared/OperationsHTTP"),

        // The roles: a library each, and a thin executable beside it.
        .target(
            name: "Frontend",
            dependencies: [
                "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "DurableFiles", "NodeSetup",
                "Observability",
                "OperationsHTTP", "PKI", "SecureConnections", .asn1, .crypto, .httpTypes, .logging, .metrics, .nioCore,
                .nioHTTP1, .nioHTTPTypesHTTP1, .nioPosix, .nioSSL, .nioTLS, .serviceLifecycle, .x509,
            ]),
        .target(
            name: "Device",
            dependencies: [
                "DurableFiles", "PKI", "SecureConnections", .asn1, .crypto, .cryptoExtras, .nioCore, .nioHTTP1,
                .nioPosix, .nioSSL, .nioTLS, .x509,
            ]),
        // Many simulated devices, to measure what a server bears.
        .target(
            name: "Fleet",
            dependencies: [
                "Device", "DurableFiles", "PKI", .asn1, .collections, .histogram, .nioCore, .nioPosix, .nioSSL, .x509,
            ]),
        .target(
            name: "Signer",
            dependencies: [
                "CLinux", "COpenSSL", "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "DurableFiles",
                "FaultInjection", "Observability", "PKI", "ProcessLife", "TransparencyLog", .asn1, .collections,
                .crypto, .cryptoExtras, .grdb, .logging, .metrics,
                .serviceLifecycle,
                .x509,
            ]),
        .target(
            name: "Auditor",
            dependencies: [
                "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "ConsoleUsers", "FaultInjection",
                "LogVerification", "Observability", "OperationsHTTP", "PKI", "ProcessLife", "TransparencyLog", .asn1,
                .crypto, .cryptoExtras, .grdb,
                .httpTypes, .hummingbird, .hummingbirdCore, .hummingbirdTLS, .logging, .metrics, .nioCore, .nioSSL,
                .serviceLifecycle,
                .x509,
            ],
            // The console's page, so that one program is enough.
            resources: [.embedInCode("Console/Page")]),
        .executableTarget(
            name: "estuary-frontend",
            dependencies: [
                "ConfigurationFile", "Frontend", "Observability", "OperationsHTTP", "ProcessLife", .argumentParser,
                .logging, .serviceLifecycle,
            ]),
        .executableTarget(
            name: "estuary-signer",
            dependencies: [
                "Signer", "ClusterTransport", "Observability", "ProcessLife", .argumentParser, .logging,
                .serviceLifecycle,
            ]),
        .executableTarget(
            name: "estuary-auditor",
            dependencies: [
                "Auditor", "Observability", "OperationsHTTP", "ProcessLife", .argumentParser, .logging,
                .serviceLifecycle,
            ]),
        .executableTarget(
            name: "estuary",
            dependencies: [
                "Auditor",
                "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "ConsoleUsers", "Device", "DurableFiles",
                "Fleet", "LogVerification", "NodeSetup", "Observability", "PKI", "ProcessLife", "TransparencyLog",
                .argumentParser, .asn1, .crypto, .grdb, .logging, .nioCore, .nioHTTP1, .nioPosix, .nioSSL,
                .serviceLifecycle,
                .x509,
            ],
            path: "Sources/Estuary"),
        // What `scripts/bench` measures without a cluster, and fills a ledger and a log with. Not installed.
        .executableTarget(
            name: "estuary-bench",
            dependencies: [
                "Auditor", "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "Device", "Fleet", "PKI",
                "SecureConnections", "Signer", "TransparencyLog", .argumentParser, .asn1, .crypto, .grdb, .histogram,
                .logging, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .x509,
            ]),
        // Devices that never give up, for `scripts/crash-test` and `scripts/network-test`. Not installed.
        .executableTarget(
            name: "estuary-witnesses", dependencies: ["Device", "PKI", .argumentParser, .asn1, .crypto, .x509]),

        // Tests: one folder a target, and ClusterTests with real processes. Support is what several of them need.
        .target(
            name: "TestRequests", dependencies: [.asn1, .crypto, .cryptoExtras], path: "Tests/Support/Requests"),
        .target(name: "TestOpenSSL", path: "Tests/Support/OpenSSL"),
        .target(
            name: "TestManufacturers", dependencies: ["TestRequests", .asn1, .crypto, .x509],
            path: "Tests/Support/Manufacturers"),
        .target(
            name: "TestTLSClient",
            dependencies: ["SecureConnections", .asn1, .nioCore, .nioPosix, .nioSSL, .nioTLS, .x509],
            path: "Tests/Support/TLSClient"),
        .testTarget(name: "ClusterTransportTests", dependencies: ["ClusterTransport", "CZeroMQ", .logging]),
        .testTarget(
            name: "ClusterProtocolTests", dependencies: ["ClusterProtocol", "ClusterTransport", "PKI", .logging]),
        .testTarget(
            name: "PKITests",
            dependencies: [
                "PKI", "TestManufacturers", "TestOpenSSL", "TestRequests", .asn1, .crypto, .cryptoExtras, .x509,
            ]),
        .testTarget(name: "TransparencyLogTests", dependencies: ["TransparencyLog", .crypto]),
        .testTarget(name: "ObservabilityTests", dependencies: ["Observability", .logging, .metrics]),
        .testTarget(name: "ConfigurationFileTests", dependencies: ["ConfigurationFile"]),
        .testTarget(
            name: "FrontendTests",
            dependencies: [
                "Frontend", "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "NodeSetup", "Observability",
                "OperationsHTTP", "PKI", "SecureConnections", "TestTLSClient", .asn1, .crypto, .cryptoExtras,
                .httpTypes, .logging, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .serviceLifecycle, .x509,
            ]),
        .testTarget(
            name: "DeviceTests",
            dependencies: [
                "Device", "DurableFiles", "PKI", "SecureConnections", "TestOpenSSL", "TestRequests", .asn1, .crypto,
                .cryptoExtras, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .x509,
            ]),
        .testTarget(
            name: "FleetTests",
            dependencies: [
                "Device", "Fleet", "PKI", .asn1, .crypto, .histogram, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .x509,
            ]),
        .testTarget(
            name: "SignerTests",
            dependencies: [
                "Signer", "Auditor", "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "FaultInjection",
                "Observability", "PKI", "TestManufacturers", "TestOpenSSL", "TestRequests", "TransparencyLog", .asn1,
                .crypto, .cryptoExtras, .grdb, .logging,
                .x509,
            ]),
        .testTarget(
            name: "AuditorTests",
            dependencies: [
                "Auditor", "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "ConsoleUsers",
                "LogVerification", "Observability", "OperationsHTTP", "TransparencyLog", .crypto, .grdb,
                .logging,
            ]),
        .testTarget(
            name: "EstuaryTests",
            dependencies: [
                "estuary", "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "NodeSetup", .argumentParser,
            ]),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "ClusterProtocol", "ClusterTransport", "Device", "PKI", "SecureConnections", "TestManufacturers",
                "TestRequests", "TestTLSClient", .asn1, .crypto, .cryptoExtras, .logging, .nioCore, .nioHTTP1,
                .nioPosix, .nioSSL, .x509,
                // The processes that the tests start.
                "estuary", "estuary-auditor", "estuary-frontend", "estuary-signer", "estuary-witnesses",
            ],
            // A Java program, which Java compiles when its test runs, and Python ones.
            exclude: [
                "Console/Python", "RealClients/BouncyCastle", "RealClients/Python", "RealServers/Python",
                "Reliability/Python",
            ]),
    ]
)

// Fuzzing (`scripts/fuzz`), which needs compiler options of its own: not in the default build.
if Context.environment["ESTUARY_FUZZ"] != nil {
    package.products += [
        .executable(name: "estuary-fuzz", targets: ["estuary-fuzz"]),
        .executable(name: "estuary-fuzz-signer", targets: ["estuary-fuzz-signer"]),
    ]
    package.targets += [
        .target(name: "CFuzzer", path: "Fuzz/CFuzzer"),
        .target(name: "FuzzEngine", dependencies: ["CFuzzer"], path: "Fuzz/Engine"),
        .target(name: "FuzzDevice", dependencies: ["Device"], path: "Fuzz/Device"),
        // Two programs: the headers of OpenSSL, which the signer needs, and of BoringSSL clash.
        .executableTarget(
            name: "estuary-fuzz",
            dependencies: [
                "ClusterProtocol", "ClusterTransport", "ConfigurationFile", "Device", "Frontend", "FuzzEngine", "PKI",
                "SecureConnections", .asn1, .x509,
            ],
            path: "Fuzz/Targets"),
        .executableTarget(
            name: "estuary-fuzz-signer",
            dependencies: ["ClusterProtocol", "ConfigurationFile", "FuzzDevice", "FuzzEngine", "PKI", "Signer"],
            path: "Fuzz/Signer"),
    ]
}

let targetsInC = ["CLinux", "CFuzzer"]
for target in package.targets
where ![.system, .plugin, .macro].contains(target.type) && !targetsInC.contains(target.name) {
    target.swiftSettings = swiftSettings
}
