internal import FuzzEngine

/// The signer's files. A program of its own: what the signer takes from OpenSSL and the frontend from BoringSSL has the
/// same names, and the compiler can't read both for one program.
@main struct SignerFuzzProgram {
    static func main() {
        FuzzCommand([.signerConfiguration, .policy]).run()
    }
}
