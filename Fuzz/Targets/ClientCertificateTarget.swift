internal import Dispatch
internal import FuzzEngine
internal import SwiftASN1
internal import X509

@testable internal import PKI

extension FuzzTarget {
    /// The chain that a client shows in TLS: each certificate in ``parts(of:atMost:)``.
    static let clientCertificate = FuzzTarget(name: "client-certificate") { input in
        let chain = parts(of: input, atMost: ClientCertificate.maximumChainLength + 1)
        let presented: ClientCertificate
        do {
            presented = try ClientCertificate(chain: chain)
        } catch {
            expect(error is ClientCertificate.Unreadable, "a chain is refused in a known way, not by \(error)")
            return
        }
        expect(chain.count <= ClientCertificate.maximumChainLength, "a chain is bounded")
        _ = presented.isRegistrationAuthority
        _ = presented.serial
        _ = try? presented.publicKeyDER()
        _ = try? CanonicalName.list(of: presented.leaf)
        _ = RenewalNames.difference(request: Known.request, certificate: presented.leaf)
        // Nobody has the keys of these authorities: whatever is accepted is what they once signed.
        for grace in [0, Int64.max] {
            switch presented.judge(authorities: [Known.authority], now: 1_900_000_000, gracePeriod: grace) {
            case .accepted, .expired, .notYetValid:
                expect(presented.signedPartSHA256 == Known.device, "no other certificate is the authority's")
            case .untrusted: break
            }
        }
        if presented.mayBe(of: [Known.maker]) {
            switch judge(presented) {
            case .accepted, .outsideValidity:
                expect(
                    presented.signedPartSHA256 == Known.makerDevice, "no other certificate is the manufacturer's")
            case .untrusted: break
            }
        }
    }

    /// Judges on another thread: the search for a path is asynchronous, and libFuzzer is not.
    private static func judge(_ presented: ClientCertificate) -> ClientCertificate.ManufacturerJudgement {
        let done = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var judgement = ClientCertificate.ManufacturerJudgement.untrusted(reason: "")
        Task.detached {
            judgement = await presented.judge(
                manufacturers: [Known.maker], excluding: [Known.authority], now: 1_900_000_000)
            done.signal()
        }
        done.wait()
        return judgement
    }

    private enum Known {
        static let authority = must("the authority") {
            try ClientCertificate.Authority(name: "devices", chain: [FuzzFixtures.authority])
        }
        static let maker = must("the manufacturer") {
            try ManufacturerTrust(
                name: "maker", anchors: [FuzzFixtures.makerRoot], intermediates: [[UInt8]]())
        }
        static let device = signedPart(FuzzFixtures.device)
        static let makerDevice = signedPart(FuzzFixtures.makerDevice)
        static let request = must("a request") {
            try CertificationRequest(derEncoded: FuzzFixtures.request)
        }

        private static func signedPart(_ der: [UInt8]) -> [UInt8] {
            must("a certificate") { try ClientCertificate(chain: [der]) }.signedPartSHA256
        }
    }
}
