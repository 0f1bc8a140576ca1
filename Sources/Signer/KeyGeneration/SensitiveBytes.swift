internal import COpenSSL
internal import Foundation

/// Bytes that are overwritten when nobody needs them any more, such as a private key.
///
/// What is put into a `Data` or an array to be sent is copied and stays in memory until it is reused: that is why the
/// process is not dumpable. Here at least nothing lies about that is only an intermediate result.
final class SensitiveBytes: @unchecked Sendable {
    // Safe to share: nothing writes to it between the initialiser and the end.
    private let buffer: UnsafeMutableRawBufferPointer

    /// Copies the parts, one behind the other.
    init(_ parts: [UnsafeRawBufferPointer]) {
        buffer = .allocate(byteCount: parts.reduce(0) { $0 + $1.count }, alignment: 1)
        var offset = 0
        for part in parts {
            UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]).copyMemory(from: part)
            offset += part.count
        }
    }

    /// Copies memory of libcrypto's, and clears and frees the original.
    init(taking bytes: UnsafeMutablePointer<UInt8>, count: Int) {
        buffer = .allocate(byteCount: count, alignment: 1)
        buffer.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: count))
        CRYPTO_clear_free(bytes, count, "SensitiveBytes", 0)
    }

    deinit {
        OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        buffer.deallocate()
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(buffer))
    }

    /// A copy, to be sent.
    var data: Data { withUnsafeBytes { Data($0) } }
}
