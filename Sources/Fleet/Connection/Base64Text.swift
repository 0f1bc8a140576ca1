internal import CNIOBoringSSL

/// Base64 with or without line breaks, decoded by BoringSSL: every answer of a run goes through it.
///
/// `PKI.Base64Body` reads more tolerantly, for a server; it is several times as slow.
enum Base64Text {
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard !text.isEmpty, text.count <= AnswerParser.maximumBodyBytes else { return nil }
        var context = EVP_ENCODE_CTX()
        EVP_DecodeInit(&context)
        var isWhole = false
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { output, count in
            text.withUnsafeBufferPointer { input in
                var length: Int32 = 0
                guard EVP_DecodeUpdate(&context, output.baseAddress, &length, input.baseAddress, input.count) >= 0
                else { return }
                var rest: Int32 = 0
                guard EVP_DecodeFinal(&context, output.baseAddress.map { $0 + Int(length) }, &rest) == 1 else { return }
                count = Int(length + rest)
                isWhole = true
            }
        }
        return isWhole ? bytes : nil
    }
}
