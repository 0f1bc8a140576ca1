internal import Foundation
internal import Logging
internal import Synchronization
internal import Testing

@testable private import Observability

@Suite struct LogOutputTests {
    /// Runs the body with a logger, and returns the lines that it wrote.
    private func lines(json: Bool, level: Logger.Level = .info, _ body: (inout Logger) -> Void) -> [String] {
        final class Box: Sendable {
            let bytes = Mutex<[UInt8]>([])
        }
        let box = Box()
        var logger = LogOutput(json: json) { line in box.bytes.withLock { $0 += line } }
            .logger(label: "test", level: level)
        body(&logger)
        return String(decoding: box.bytes.withLock { $0 }, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func jsonLinesHoldMessageLevelAndDottedMetadata() throws {
        let lines = lines(json: true) { logger in
            logger[metadataKey: "request.id"] = "r1"
            logger.warning(
                "Something \"odd\"",
                metadata: ["tls": ["version": "1.3", "alpn": ["a", "b"]], "level": "mine"])
        }
        try #require(lines.count == 1)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(object["message"] as? String == "Something \"odd\"")
        #expect(object["level"] as? String == "warning")
        #expect(object["logger"] as? String == "test")
        #expect(object["request.id"] as? String == "r1")
        #expect(object["tls.version"] as? String == "1.3")
        #expect(object["tls.alpn"] as? [String] == ["a", "b"])
        #expect(object["metadata.level"] as? String == "mine")
        #expect(object["time"] as? String != nil)
    }

    @Test(arguments: [true, false])
    func noValueBreaksTheLineOrTurnsIt(json: Bool) {
        let lines = lines(json: json) { logger in
            logger.info("a\nb", metadata: ["x": "\u{202e}c\r\n\u{1b}[31m"])
        }
        #expect(lines.count == 1)
        for scalar in lines.joined().unicodeScalars {
            #expect(scalar.value >= 0x20 && scalar.value != 0x202e)
        }
    }

    @Test func entriesBelowTheLevelAreNotWritten() {
        let lines = lines(json: false, level: .warning) { logger in
            logger.info("quiet")
            logger.error("loud", metadata: ["a.b": "c"])
        }
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix("error test: loud a.b=c"))
    }
}
