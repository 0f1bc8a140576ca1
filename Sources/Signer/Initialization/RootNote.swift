/// The note beside a new root key.
enum RootNote {
    /// - Parameter passphraseFile: where the passphrase is; nil where it is in no file.
    static func text(passphraseFile: String?) -> String {
        let passphrase =
            passphraseFile.map {
                """
                The passphrase is in the file \($0). Keep it in another place than the key: a
                password manager or a safe.
                """
            } ?? "The passphrase is the one that you gave."
        return """
            This folder holds the key of your root CA, encrypted (PKCS#8, scrypt and AES-256).

            No process of the cluster ever reads it. You need it only to certify an issuing CA («estuary ca add», «renew»,
            «sign») and to roll over to a new root («estuary ca roll-root»): docs/authorities.md.
            Move the whole folder away from this machine, to storage that is not connected to anything, and keep a copy.

            \(passphrase)

            root-key.pem          the encrypted key
            root-certificate.pem  the certificate, which trust-anchor.pem has too

            """
    }
}
