internal import SwiftASN1
internal import X509

/// Where a rule finds a value in a manufacturer's certificate.
enum ManufacturerNameSource: Hashable, Sendable {
    case attribute(ASN1ObjectIdentifier)
    case alternativeName(AlternativeName.Kind)

    /// As configuration writes it: `CN`, `2.5.4.3`, `dns`.
    init?(_ text: String) {
        if let kind = AlternativeName.Kind(rawValue: text), [.dns, .ip, .uri, .email].contains(kind) {
            self = .alternativeName(kind)
        } else if let type = NameAttribute.type(named: text) ?? ObjectIdentifiers.parse(text) {
            self = .attribute(type)
        } else {
            return nil
        }
    }

    /// The values, each once, in their order.
    func values(of certificate: Certificate) -> [String] {
        var seen: Set<String> = []
        let values: [String]
        switch self {
        case .attribute(let type):
            values = certificate.subject.outlines.joined().filter { $0.type == type }.compactMap(\.text)
        case .alternativeName(let kind):
            let names = (try? AlternativeName.list(of: certificate)) ?? []
            values = names.filter { $0.kind == kind }.compactMap { name in
                if kind == .ip { return IPAddress(bytes: name.value)?.description }
                return name.value.allSatisfy { $0 < 0x80 } ? String(decoding: name.value, as: UTF8.self) : nil
            }
        }
        return values.filter { seen.insert($0).inserted }
    }
}

/// A name with places to fill in: `{serialNumber}.devices.example.com`.
struct ManufacturerNameTemplate: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private enum Part: Sendable {
        case text(String)
        case value(ManufacturerNameSource)
    }

    private let parts: [Part]

    init(_ template: String) throws(Failure) {
        var parts: [Part] = []
        var rest = template[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw Failure(description: "a «{» and its «}» don't match")
            }
            let name = rest[rest.index(after: open)..<close]
            guard let source = ManufacturerNameSource(String(name)) else {
                throw Failure(
                    description: "{\(name)} is no attribute of a subject such as {CN} or {serialNumber}, "
                        + "no dotted object identifier, and none of {dns}, {ip}, {uri}, {email}")
            }
            parts += [.text(String(rest[..<open])), .value(source)]
            rest = rest[rest.index(after: close)...]
        }
        self.parts = parts + [.text(String(rest))]
    }

    var sources: [ManufacturerNameSource] {
        parts.compactMap { if case .value(let source) = $0 { source } else { nil } }
    }

    /// The name for these values; nil where one of them is missing.
    func filled(_ value: (ManufacturerNameSource) -> String?) -> String? {
        var name = ""
        for part in parts {
            switch part {
            case .text(let text): name += text
            case .value(let source):
                guard let value = value(source) else { return nil }
                name += value
            }
        }
        return name
    }
}
