internal import COpenSSL
internal import Crypto
internal import Foundation
internal import PKI

/// The CMS message in which an encrypted private key travels (RFC 7030 §4.4.2, RFC 5958 §4): an EnvelopedData of a
/// SignedData of an asymmetric key package.
///
/// Each layer names the type of the next one. The content of the envelope is therefore a bare SignedData under
/// id-signedData, and not a ContentInfo under id-data as S/MIME tools make it (RFC 5652 §6.1).
enum KeyMessage {
    /// Puts a key into a message that the recipient alone can open.
    ///
    /// - Parameter privateKey: PKCS#8, DER.
    /// - Returns: the message as a ContentInfo, DER.
    static func make(
        _ privateKey: SensitiveBytes, signedBy signer: KeyGenerationIdentity, for protection: ResolvedProtection
    ) throws -> Data {
        try envelop(try sign(privateKey, by: signer), for: protection)
    }

    // MARK: Sign

    /// - Returns: the SignedData, DER, without a ContentInfo around it.
    private static func sign(_ privateKey: SensitiveBytes, by signer: KeyGenerationIdentity) throws -> SensitiveBytes {
        let flags = UInt32(CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP)
        guard let message = CMS_sign(nil, nil, nil, nil, flags) else {
            throw CryptoLibraryError("libcrypto can't begin a SignedData")
        }
        defer { CMS_ContentInfo_free(message) }
        guard let contentType = OBJ_txt2obj(AsymmetricKeyPackage.contentType, 1) else {
            throw CryptoLibraryError("libcrypto can't read an object identifier")
        }
        defer { ASN1_OBJECT_free(contentType) }
        guard CMS_set1_eContentType(message, contentType) == 1 else {
            throw CryptoLibraryError("libcrypto can't set a content type")
        }
        let isAdded = try ParsedCertificate(signer.certificate).withPointer { leaf in
            signer.key.withPointer { CMS_add1_signer(message, leaf, $0, EVP_sha256(), flags) != nil }
        }
        guard isAdded else { throw CryptoLibraryError("libcrypto can't add a signer") }
        for certificate in signer.intermediates {
            guard try ParsedCertificate(certificate).withPointer({ CMS_add1_cert(message, $0) }) == 1 else {
                throw CryptoLibraryError("libcrypto can't add a certificate")
            }
        }
        let package = privateKey.withUnsafeBytes { key in
            AsymmetricKeyPackage.header(keyBytes: key.count).withUnsafeBytes { SensitiveBytes([$0, key]) }
        }
        try finish(message, with: package)
        let encoded = try encode(message)
        return try encoded.withUnsafeBytes { bytes in
            SensitiveBytes([try content(ofContentInfo: bytes)])
        }
    }

    // MARK: Envelop

    private static func envelop(_ content: SensitiveBytes, for protection: ResolvedProtection) throws -> Data {
        guard let message = CMS_EnvelopedData_create(EVP_aes_256_cbc()) else {
            throw CryptoLibraryError("libcrypto can't begin an EnvelopedData")
        }
        defer { CMS_ContentInfo_free(message) }
        guard CMS_set1_eContentType(message, OBJ_nid2obj(NID_pkcs7_signed)) == 1, CMS_set_detached(message, 0) == 1
        else { throw CryptoLibraryError("libcrypto can't set a content type") }
        switch protection.recipient {
        case .symmetric(let identifier, let key):
            try add(identifier: identifier, key: key, to: message)
        case .transport(let certificate, let transport):
            let context = try add(certificate, to: message)
            guard case .oaep(let hash) = transport else { break }
            guard EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_oaep_md(context, hash.function) == 1,
                EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash.function) == 1
            else { throw CryptoLibraryError("libcrypto can't set up RSAES-OAEP") }
        case .agreement(let certificate, let hash):
            let context = try add(certificate, to: message)
            guard EVP_PKEY_CTX_set_ecdh_kdf_md(context, hash.function) == 1 else {
                throw CryptoLibraryError("libcrypto can't set up a key derivation")
            }
        }
        try finish(message, with: content)
        return try encode(message).data
    }

    /// Adds a recipient that has the symmetric key (kekri, RFC 5652 §6.2.3).
    private static func add(identifier: [UInt8], key: SymmetricKey, to message: OpaquePointer) throws {
        func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
            guard let memory = CRYPTO_malloc(bytes.count, "KeyMessage", 0) else { return nil }
            memory.copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(memory), byteCount: bytes.count)
            return memory.assumingMemoryBound(to: UInt8.self)
        }
        let keyCount = key.bitCount / 8
        // libcrypto takes both over where it succeeds, and clears the key in the end.
        let keyCopy = key.withUnsafeBytes(copy)
        let identifierCopy = identifier.withUnsafeBytes(copy)
        guard let keyCopy, let identifierCopy,
            CMS_add0_recipient_key(
                message, NID_id_aes256_wrap, keyCopy, keyCount, identifierCopy, identifier.count, nil, nil, nil) != nil
        else {
            CRYPTO_clear_free(keyCopy, keyCount, "KeyMessage", 0)
            CRYPTO_free(identifierCopy, "KeyMessage", 0)
            throw CryptoLibraryError("libcrypto can't add a key encryption key")
        }
    }

    /// Adds a certificate's holder (ktri and kari, RFC 5652 §6.2.1, §6.2.2), named by the subjectKeyIdentifier as in the
    /// request; the context in which the algorithm is set.
    private static func add(_ certificate: Data, to message: OpaquePointer) throws -> OpaquePointer {
        let parsed = try ParsedCertificate(certificate)
        let flags = UInt32(CMS_KEY_PARAM) | (parsed.hasKeyIdentifier ? UInt32(CMS_USE_KEYID) : 0)
        guard let recipient = parsed.withPointer({ CMS_add1_recipient_cert(message, $0, flags) }),
            let context = CMS_RecipientInfo_get0_pkey_ctx(recipient)
        else { throw CryptoLibraryError("libcrypto can't encrypt to a certificate") }
        return context
    }

    // MARK: Both

    private static func finish(_ message: OpaquePointer, with content: SensitiveBytes) throws {
        try content.withUnsafeBytes { bytes in
            // Reads the bytes where they are.
            guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
                throw CryptoLibraryError("libcrypto is out of memory")
            }
            defer { BIO_free_all(input) }
            guard CMS_final(message, input, nil, UInt32(CMS_BINARY)) == 1 else {
                throw CryptoLibraryError("libcrypto can't complete a CMS message")
            }
        }
    }

    private static func encode(_ message: OpaquePointer) throws -> SensitiveBytes {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_CMS_ContentInfo(message, &bytes)
        guard count > 0, let bytes else { throw CryptoLibraryError("libcrypto can't encode a CMS message") }
        return SensitiveBytes(taking: bytes, count: Int(count))
    }

    /// What stands inside the tag of a ContentInfo's content: SEQUENCE { OBJECT IDENTIFIER, [0] { content } }.
    private static func content(ofContentInfo bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
        guard let info = DERElement(bytes[...]), let type = DERElement(info.contents),
            let content = DERElement(bytes[type.end..<info.contents.endIndex]), content.tag == 0xa0
        else { throw CryptoLibraryError("libcrypto made a ContentInfo that can't be read") }
        return UnsafeRawBufferPointer(rebasing: content.contents)
    }
}

/// The head of a DER element, read where the bytes are: an ASN.1 parser would copy them.
private struct DERElement {
    let tag: UInt8
    let contents: Slice<UnsafeRawBufferPointer>

    var end: Int { contents.endIndex }

    init?(_ bytes: Slice<UnsafeRawBufferPointer>) {
        guard bytes.count >= 2 else { return nil }
        tag = bytes[bytes.startIndex]
        let first = Int(bytes[bytes.startIndex + 1])
        var start = bytes.startIndex + 2
        var length = first
        if first >= 0x80 {
            let count = first & 0x7f
            guard (1...3).contains(count), bytes.endIndex - start >= count else { return nil }
            length = bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
            start += count
        }
        guard length <= bytes.endIndex - start else { return nil }
        contents = bytes[start..<start + length]
    }
}

extension KeyEncryptionHash {
    fileprivate var function: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }
}
