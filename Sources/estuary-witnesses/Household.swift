internal import Crypto
internal import Device
internal import Foundation
internal import PKI
internal import Synchronization

/// Devices that share a secret, and enroll with it at the same time: one device where the secret is for a single use.
///
/// Where the secret has fewer uses than the household has devices, some of them must be refused.
struct Household: Sendable, Decodable {
    var secret: String
    var uses: Int
    var names: [String]

    /// SHA-256 of the secret, as the ledger has it, in hexadecimal.
    var secretSHA256: String {
        Array(SHA256.hash(data: Data(secret.utf8))).hexadecimal
    }

    /// Whether some of its devices get nothing.
    var isTooLarge: Bool { names.count > uses }

    /// Reads a file with a household a line.
    static func load(path: String) throws -> [Household] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Household.self, from: Data($0.utf8))
        }
    }

    /// Lets all its devices enroll, and renew a few times.
    func live(in world: WitnessWorld) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask { try await WitnessDevice(name: name, household: self, world: world).live() }
            }
            try await group.waitForAll()
        }
    }
}

/// Hands out each household once.
final class Households: Sendable {
    private let all: [Household]
    private let given = Atomic<Int>(0)

    init(_ all: [Household]) {
        self.all = all
    }

    /// nil where there is no other one.
    func next() -> Household? {
        let index = given.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < all.count ? all[index] : nil
    }
}
