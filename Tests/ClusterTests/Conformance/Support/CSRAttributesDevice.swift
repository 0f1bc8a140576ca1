internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import TestRequests

/// A device that makes its certification request from a `csrattrs` answer, and knows nothing else of what the server
/// wants. It reads the answer with SwiftASN1 alone.
struct CSRAttributesDevice {
    /// What it knows of the answer's language.
    enum Language: String, CaseIterable {
        /// RFC 7030 and the corrections of RFC 8951: a list of attributes and object identifiers.
        case legacy
        /// RFC 9908: the template, and nothing beside it.
        case template
    }

    struct NotUnderstood: Error {
        var what: String
    }

    /// What the request will have.
    private(set) var key: TestRequest.Key?
    private(set) var subject: [[UInt8]] = []
    private(set) var extensions: [[UInt8]] = []
    private(set) var needsChallengePassword = false
    private(set) var signatureAlgorithm: String?
    private let name: String

    private static let template = "1.2.840.113549.1.9.16.2.61"
    private static let extensionRequest = "1.2.840.113549.1.9.14"
    private static let extensionRequestTemplate = "1.2.840.113549.1.9.16.2.62"
    private static let challengePassword = "1.2.840.113549.1.9.7"
    private static let alternativeName = "2.5.29.17"
    private static let signatures = ["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.113549.1.1.11"]
    private static let ed25519 = "1.3.101.112"

    /// - Parameters:
    ///   - name: the device's own name, for its subject and as a DNS name.
    ///   - answer: what `csrattrs` answered, DER.
    init(_ name: String, _ answer: [UInt8], _ language: Language) throws {
        self.name = name
        let elements = try ASN1Tree(answer).children
        switch language {
        case .legacy:
            for element in elements { try readLegacy(element) }
        case .template:
            let attributes = elements.filter { $0.isSequence }
            guard let template = try attributes.first(where: { try $0.child(0).identifier == Self.template }) else {
                throw NotUnderstood(what: "there is no template")
            }
            try readTemplate(try template.child(1).child(0))
        }
    }

    /// The request, DER.
    func request(challengePassword: String? = nil) throws -> Data {
        guard let key else { throw NotUnderstood(what: "no kind of key") }
        var request = TestRequest(subject: TestRequest.sequence(subject), extensions: extensions)
        request.key = key
        if let challengePassword {
            request.attributes = [
                TestRequest.attribute(Self.challengePassword, [TestRequest.string(.printableString, challengePassword)])
            ]
        }
        return Data(try request.encoded())
    }

    // MARK: RFC 7030

    private mutating func readLegacy(_ element: ASN1Tree) throws {
        guard element.isSequence else {
            let identifier = try element.identifier
            switch identifier {
            case Self.challengePassword: needsChallengePassword = true
            case Self.alternativeName: try addExtension(identifier, isCritical: false, value: nil)
            case Self.ed25519: signatureAlgorithm = identifier
            case _ where Self.signatures.contains(identifier): signatureAlgorithm = identifier
            case _ where identifier.hasPrefix("2.5.4."): addAttribute(identifier, value: nil)
            default: break  // «The client MUST ignore any OID or attribute it does not recognize.»
            }
            return
        }
        let identifier = try element.child(0).identifier
        let values = try element.child(1).children
        switch identifier {
        case "1.2.840.10045.2.1": try setKey(curve: try values.first?.identifier ?? "")
        case "1.2.840.113549.1.1.1": try setKey(rsaBits: try values.first?.integer ?? 2048)
        case Self.ed25519: key = .ed25519(Curve25519.Signing.PrivateKey())
        case Self.extensionRequest:
            guard values.count == 1 else { throw NotUnderstood(what: "two values of an extensionRequest") }
            extensions += try values[0].children.map(\.encoded)
        case _ where identifier.hasPrefix("2.5.4."): addAttribute(identifier, value: values.first?.encoded)
        default: break
        }
    }

    // MARK: RFC 9908

    private mutating func readTemplate(_ template: ASN1Tree) throws {
        guard try template.child(0).integer == 0 else { throw NotUnderstood(what: "the version") }
        for field in try template.children.dropFirst() {
            switch field.tag {
            case 0x30:
                for relativeName in try field.children {
                    for attribute in try relativeName.children {
                        addAttribute(
                            try attribute.child(0).identifier, value: try attribute.children.dropFirst().first?.encoded)
                    }
                }
            case 0xa0: try readKey(field)
            case 0xa1: for attribute in try field.children { try readAttribute(attribute) }
            default: throw NotUnderstood(what: "the field \(field.tag)")
            }
        }
    }

    private mutating func readKey(_ field: ASN1Tree) throws {
        let algorithm = try field.child(0)
        switch try algorithm.child(0).identifier {
        case "1.2.840.10045.2.1": try setKey(curve: try algorithm.child(1).identifier)
        case Self.ed25519: key = .ed25519(Curve25519.Signing.PrivateKey())
        case "1.2.840.113549.1.1.1":
            // A BIT STRING: after the number of unused bits comes the RSAPublicKey that stands for the size.
            let placeholder = try ASN1Tree(Array(try field.child(1).content.dropFirst()))
            let modulus = try placeholder.child(0).content.drop { $0 == 0 }
            try setKey(rsaBits: 8 * modulus.count - (modulus.first?.leadingZeroBitCount ?? 0))
        case let other: throw NotUnderstood(what: "the key \(other)")
        }
    }

    private mutating func readAttribute(_ attribute: ASN1Tree) throws {
        switch try attribute.child(0).identifier {
        case Self.challengePassword: needsChallengePassword = true
        case Self.extensionRequest, Self.extensionRequestTemplate:
            for one in try attribute.child(1).child(0).children {
                let parts = try one.children.dropFirst()
                try addExtension(
                    try one.child(0).identifier,
                    isCritical: try parts.contains { try $0.tag == 0x01 && $0.content != [0] },
                    value: try parts.first { $0.tag == 0x04 }?.content)
            }
        case let other: throw NotUnderstood(what: "the attribute \(other)")
        }
    }

    // MARK: What goes into the request

    private mutating func addAttribute(_ type: String, value: [UInt8]?) {
        let value = value ?? TestRequest.string(.utf8String, name)
        subject.append(TestRequest.element(0x31, TestRequest.sequence([TestRequest.identifier(type), value])))
    }

    private mutating func addExtension(_ identifier: String, isCritical: Bool, value: [UInt8]?) throws {
        guard let value else {
            guard identifier == Self.alternativeName else { throw NotUnderstood(what: "the extension \(identifier)") }
            extensions.append(TestRequest.alternativeNames([TestRequest.dns(name)], critical: isCritical))
            return
        }
        // An iPAddress without bytes stands for one of the device's own.
        let filled = identifier == Self.alternativeName && value.suffix(2) == [0x87, 0x00]
        extensions.append(
            filled
                ? TestRequest.alternativeNames([TestRequest.ip([10, 9, 8, 7])], critical: isCritical)
                : TestRequest.extensionRequest(identifier, critical: isCritical, value))
    }

    private mutating func setKey(curve: String) throws {
        switch curve {
        case "1.2.840.10045.3.1.7": key = .p256(P256.Signing.PrivateKey())
        case "1.3.132.0.34": key = .p384(P384.Signing.PrivateKey())
        default: throw NotUnderstood(what: "the curve \(curve)")
        }
    }

    private mutating func setKey(rsaBits bits: Int) throws {
        key = .rsa(try _RSA.Signing.PrivateKey(keySize: .init(bitCount: bits)))
    }
}

/// DER as a tree, for a reader that asks for what it expects.
struct ASN1Tree {
    struct Unexpected: Error {
        var what: String
    }

    private let node: ASN1Node

    init(_ bytes: [UInt8]) throws {
        node = try DER.parse(bytes)
    }

    private init(_ node: ASN1Node) {
        self.node = node
    }

    /// The first byte.
    var tag: UInt8 { node.encodedBytes.first ?? 0 }

    var isSequence: Bool { tag == 0x30 }

    var encoded: [UInt8] { Array(node.encodedBytes) }

    var content: [UInt8] {
        get throws {
            guard case .primitive(let bytes) = node.content else { throw Unexpected(what: "constructed") }
            return Array(bytes)
        }
    }

    var children: [ASN1Tree] {
        get throws {
            guard case .constructed(let nodes) = node.content else { throw Unexpected(what: "primitive") }
            return nodes.map { ASN1Tree($0) }
        }
    }

    func child(_ index: Int) throws -> ASN1Tree {
        let children = try children
        guard children.indices.contains(index) else { throw Unexpected(what: "no child \(index)") }
        return children[index]
    }

    var identifier: String {
        get throws { try ASN1ObjectIdentifier(derEncoded: node).description }
    }

    var integer: Int {
        get throws { try Int(derEncoded: node) }
    }
}
