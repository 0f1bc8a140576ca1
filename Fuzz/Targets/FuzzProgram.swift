internal import FuzzEngine

/// Everything but the signer's files, which `estuary-fuzz-signer` has.
@main struct FuzzProgram {
    static func main() {
        FuzzCommand([
            .certificationRequest, .channelBinding, .csrAttributes, .wireFrame, .message, .frontendConfiguration,
            .event, .clientCertificate,
        ]).run()
    }
}
