/// The note beside a new root key.
enum RootNote {
    static func text(hasPassphraseFile: Bool) -> String {
        let passphrase =
            hasPassphraseFile
            ? """
            The passphrase is in the file «root-passphrase» beside this folder. Keep it in another place than the key: a
            password manager or a safe.
            """
            : "The passphrase is the one that you gave to «estuary init»."
        return """
            This folder holds the key of your root CA, encrypted (PKCS#8, scrypt and AES-256).

            No process of the cluster ever reads it. You need it only to certify a new issuing CA, years from now.
            Move the whole folder away from this machine, to storage that is not connected to anything, and keep a copy.

            \(passphrase)

            root-key.pem          the encrypted key
            root-certificate.pem  the certificate, the same as trust-anchor.pem

            """
    }
}
