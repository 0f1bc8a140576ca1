internal import COpenSSL
internal import Foundation

/// Encrypted PKCS#8 private keys (RFC 5958, PBES2 of RFC 8018), through libcrypto.
enum EncryptedPrivateKey {
    /// Decrypts an `ENCRYPTED PRIVATE KEY`.
    ///
    /// - Returns: the PKCS#8 structure, DER.
    /// - Throws: ``KeyStoreError`` where the passphrase is wrong or the text is none.
    static func decrypt(pem: String, passphrase: String) throws -> [UInt8] {
        try withMemory(of: Array(pem.utf8)) { input in
            var secret = Array(passphrase.utf8CString)
            defer { secret.wipe() }
            guard let key = PEM_read_bio_PrivateKey(input, nil, nil, &secret) else {
                ERR_clear_error()
                throw KeyStoreError("the passphrase does not open the key, or the file is damaged.")
            }
            defer { EVP_PKEY_free(key) }
            guard let info = EVP_PKEY2PKCS8(key) else {
                ERR_clear_error()
                throw KeyStoreError("the decrypted key is of a kind that PKCS#8 can't hold.")
            }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            var bytes: UnsafeMutablePointer<UInt8>?
            let length = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes)
            guard length > 0, let bytes else {
                throw KeyStoreError("the decrypted key can't be encoded.")
            }
            defer { CRYPTO_clear_free(bytes, Int(length), "EncryptedPrivateKey", 0) }
            return Array(UnsafeBufferPointer(start: bytes, count: Int(length)))
        }
    }

    /// Encrypts a PKCS#8 private key with AES-256-CBC under a key derived from the passphrase by scrypt.
    ///
    /// - Parameter pkcs8: the unencrypted structure, DER.
    /// - Returns: PEM.
    static func encrypt(pkcs8: [UInt8], passphrase: String) throws -> String {
        try withMemory(of: pkcs8) { input in
            guard let info = d2i_PKCS8_PRIV_KEY_INFO_bio(input, nil) else {
                ERR_clear_error()
                throw KeyStoreError("what is to be encrypted is no PKCS#8 private key.")
            }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            guard let algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nil, 0, nil, 1 << 14, 8, 1) else {
                ERR_clear_error()
                throw KeyStoreError("libcrypto has no scrypt.")
            }
            let secret = Array(passphrase.utf8CString)
            guard let encrypted = PKCS8_set0_pbe(secret, Int32(secret.count - 1), info, algorithm) else {
                X509_ALGOR_free(algorithm)
                ERR_clear_error()
                throw KeyStoreError("libcrypto can't encrypt the key.")
            }
            defer { X509_SIG_free(encrypted) }
            guard let output = BIO_new(BIO_s_mem()) else {
                throw KeyStoreError("libcrypto is out of memory.")
            }
            defer { BIO_free_all(output) }
            guard PEM_write_bio_PKCS8(output, encrypted) == 1 else {
                ERR_clear_error()
                throw KeyStoreError("libcrypto can't write the key.")
            }
            return String(decoding: contents(of: output), as: UTF8.self)
        }
    }

    private static func withMemory<Result>(of bytes: [UInt8], _ body: (OpaquePointer) throws -> Result) throws -> Result
    {
        try bytes.withUnsafeBytes { buffer in
            guard let memory = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else {
                throw KeyStoreError("libcrypto is out of memory.")
            }
            defer { BIO_free_all(memory) }
            return try body(memory)
        }
    }

    private static func contents(of output: OpaquePointer) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = BIO_read(output, &chunk, Int32(chunk.count))
            guard count > 0 else { return contents }
            contents += chunk.prefix(Int(count))
        }
    }
}

extension Array<CChar> {
    /// Overwrites the elements, so that a passphrase does not stay in memory.
    fileprivate mutating func wipe() {
        for index in indices {
            self[index] = 0
        }
    }
}
