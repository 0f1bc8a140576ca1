internal import Device
internal import Foundation
internal import X509

/// One request of a device, tried until it is answered: each time over a new connection, with a fresh signature, at any
/// frontend.
///
/// Some requests go to two frontends at once, some tries are given up by the device before the answer comes, and some
/// requests are made once more although they were answered. All of these are the same request: it must lead to one
/// certificate.
struct WitnessRequest: Sendable {
    enum Credential: Sendable {
        case secret(Household)
        case certificate(ClientTLS.Identity)
    }

    /// What one try came to.
    private enum Answer: Sendable {
        case certificate(Certificate)
        /// The server has refused it: another try ends no better.
        case refused(String)
        /// Not served this time.
        case notServed(pause: Double)
        /// The connection ended: nobody knows what has become of the request.
        case cutOff(String)
    }

    private static let shareOfTwins = 0.3
    private static let shareOfHaste = 0.15
    private static let shareOfRepetitions = 0.15
    /// However long a server asks a device to stay away: nobody would be there when the next process is killed.
    private static let longestPause = 1.0

    let world: WitnessWorld
    let name: String
    let operation: Enrollment.Operation
    let key: DeviceKey
    let wanted: WantedCertificate
    let credential: Credential

    /// Tries until there is a certificate, and writes down all that came; nil where there is none to be had.
    func fulfil() async throws -> Certificate? {
        var entry = try WitnessEntry(self)
        let hasTwin = Double.random(in: 0..<1) < Self.shareOfTwins && world.servers.count > 1
        while entry.certificates.isEmpty, entry.refusal == nil, !world.ending.isHere {
            let pause = try await tryOnce(withTwin: hasTwin, &entry)
            if entry.certificates.isEmpty, entry.refusal == nil { try await Task.sleep(for: .seconds(pause)) }
        }
        if !entry.certificates.isEmpty, Double.random(in: 0..<1) < Self.shareOfRepetitions, !world.ending.isNear {
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500)))
            try await repeatOnce(&entry)
        }
        try world.journal.write(entry)
        return entry.newest
    }

    /// - Returns: the pause before the next try, in seconds.
    private func tryOnce(withTwin: Bool, _ entry: inout WitnessEntry) async throws -> Double {
        let servers = world.servers.shuffled()
        async let other: Answer? = withTwin ? ask(servers[1]) : nil
        var pause = Double.random(in: 0.02...0.2)
        let first = try await ask(servers[0])
        for answer in [first, try await other].compactMap(\.self) {
            entry.tries += 1
            switch answer {
            case .certificate(let certificate): try entry.add(certificate)
            case .refused(let reason): entry.refusal = reason
            case .notServed(let asked):
                entry.notServed += 1
                pause = max(pause, min(asked, Self.longestPause) * Double.random(in: 0.5...1))
            case .cutOff(let reason):
                entry.cutOff += 1
                entry.lastTrouble = reason
            }
        }
        // Of two at once one may be refused for what the other one has got, where both devices have the same secret.
        if !entry.certificates.isEmpty, let refusal = entry.refusal {
            entry.contradiction = refusal
            entry.refusal = nil
        }
        return pause
    }

    /// Makes an answered request once more. It is no harm where nobody answers now.
    private func repeatOnce(_ entry: inout WitnessEntry) async throws {
        guard let server = world.servers.randomElement() else { return }
        entry.tries += 1
        switch try await ask(server) {
        case .certificate(let certificate): try entry.add(certificate)
        case .refused(let reason): entry.contradiction = reason
        case .notServed: entry.notServed += 1
        case .cutOff: entry.cutOff += 1
        }
    }

    private func ask(_ server: ESTServer) async throws -> Answer {
        var client = ESTClient(server: server, tls: ClientTLS(trust: .anchors([world.anchor])))
        switch credential {
        case .secret(let household): client.password = HTTPPassword(password: household.secret)
        case .certificate(let identity): client.tls.identity = identity
        }
        client.timeout =
            Double.random(in: 0..<1) < Self.shareOfHaste ? Double.random(in: 0.005...0.12) : world.timeout
        // One try: the next one may be at another frontend.
        client.patience = Patience(longestWait: 0)
        var enrollment = Enrollment(client: client, wanted: wanted)
        enrollment.followsAttributes = false
        do {
            return .certificate(try await enrollment.run(operation) { [key] _ in key }.certificate)
        } catch let error as DeviceError where error.code == .refused {
            return .refused(error.message)
        } catch let error as DeviceError where error.code == .serverFailed {
            // Past the limit of failures those who would be refused are told to come later.
            if error.status == 429, isOneTooMany { return .refused(error.message) }
            return .notServed(pause: error.retryAfter ?? 0)
        } catch let error as DeviceError {
            return .cutOff("\(error.code.name): \(error.message)")
        }
    }

    /// Whether another device of the household may have used the secret up.
    var isOneTooMany: Bool {
        if case .secret(let household) = credential { household.isTooLarge } else { false }
    }
}
