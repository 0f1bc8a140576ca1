internal import Foundation
internal import TestRequests

extension HostileRequest {
    private static func row(_ input: String, _ body: [UInt8], _ outcome: Outcome = .malformed) -> HostileRequest {
        HostileRequest(group: .body, input: input, outcome: outcome, form: .body(body))
    }

    private static func row(_ input: String, _ body: String) -> HostileRequest {
        row(input, Array(body.utf8))
    }

    /// A good request, in base64 that has to be padded and that has both characters on which alphabets disagree.
    private static let good: String = {
        for _ in 0..<10_000 {
            let text = (try? TestRequest().encoded()).map { Data($0).base64EncodedString() } ?? ""
            if text.hasSuffix("="), text.contains("+"), text.contains("/") { return text }
        }
        fatalError("no request was of the wanted length")
    }()

    private static let unpadded = good.replacing("=", with: "")

    /// RFC 8951 §3.1 and RFC 4648 §4: base64 as EST has it. What is tolerated is in the cases E5 and E6.
    static let bodies: [HostileRequest] = [
        row("an empty body", ""),
        row("white space only", " \r\n\t\r\n"),
        row("no base64", "hello, world"),
        row("base64 of something else", Data("hello, world".utf8).base64EncodedString()),
        row("the URL-safe alphabet", good.replacing("+", with: "-").replacing("/", with: "_")),
        row("no padding", unpadded),
        row("more padding than is due", good + "===="),
        row("padding in the middle", "AAA=" + good),
        row("nothing but padding", "===="),
        row("bits beyond the last byte", "MAB="),
        row("base64 twice", Data(good.utf8).base64EncodedString()),
        row("NUL in base64", Array(good.utf8.prefix(40)) + [0] + Array(good.utf8.dropFirst(40))),
        row("a byte order mark", [0xef, 0xbb, 0xbf] + Array(good.utf8)),
        row("UTF-16", good.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }),
        row("a no-break space in base64", Array(good.utf8.prefix(40)) + [0xc2, 0xa0] + Array(good.utf8.dropFirst(40))),
        row("percent-encoded", good.replacing("+", with: "%2B").replacing("/", with: "%2F")),
        row("a form", "csr=" + good),
        row("a data URI", "data:application/pkcs10;base64," + good),
        row("JSON", "{\"csr\": \"\(good)\"}"),
        row("DER as it is, without base64", (try? TestRequest().encoded()) ?? []),
        row("PEM of a certificate", armour("CERTIFICATE", good)),
        row("PEM of a private key", armour("PRIVATE KEY", good)),
        row("PEM twice", armour("CERTIFICATE REQUEST", good) + armour("CERTIFICATE REQUEST", good)),
        row("PEM without its end", "-----BEGIN CERTIFICATE REQUEST-----\n\(good)\n"),
        row("PEM without its beginning", "\(good)\n-----END CERTIFICATE REQUEST-----\n"),
        row("PEM with headers", armour("CERTIFICATE REQUEST", "Proc-Type: 4,ENCRYPTED\n\n\(good)")),
        row("text before the PEM", "Certificate Request:\n" + armour("CERTIFICATE REQUEST", good)),
        row("64 KiB of NUL", [UInt8](repeating: 0, count: 65_536)),
        row("64 KiB of spaces", [UInt8](repeating: 0x20, count: 65_536)),
        row("64 KiB and one byte", [UInt8](repeating: 0x41, count: 65_537), .unrecorded(413)),
    ]

    private static func armour(_ label: String, _ text: String) -> String {
        "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
    }
}
