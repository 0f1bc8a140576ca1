internal import ClusterProtocol
internal import ConfigurationFile
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import X509

/// Reads the manufacturers of `policy.yaml`, and what labels say of them.
struct ManufacturerReader {
    private static let maximumAnchors = 16
    private static let maximumIntermediates = 64
    private static let maximumLists = 32
    private static let maximumRules = 32
    private static let maximumTemplates = 16

    /// The public keys of this signer's own authorities and of what is above them.
    var authorityKeys: Set<[UInt8]>

    func manufacturer(_ reader: ConfigurationReader) throws -> Manufacturer {
        let name = try reader.string("name")
        guard name.utf8.count <= 64, name.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 }),
            !name.contains(":")
        else {
            throw reader.error("name", "a manufacturer's name has 1 to 64 visible ASCII characters, without «:»")
        }
        let anchors = try certificates("anchors", reader, limit: Self.maximumAnchors)
        guard !anchors.isEmpty else { throw reader.error("anchors", "at least one PEM file of the maker is needed") }
        // Files with a whole chain in them have the anchor too.
        let intermediates = try certificates(
            "intermediates", reader, limit: Self.maximumIntermediates, except: anchors)
        let revocation = try revocation(reader)
        try reader.finish()
        return Manufacturer(
            trust: ManufacturerTrust(name: name, anchors: anchors, intermediates: intermediates),
            description: ManufacturerDescription(
                name: name, anchors: try anchors.map { Data(try $0.derEncoded()) },
                intermediates: try intermediates.map { Data(try $0.derEncoded()) }),
            revocation: revocation)
    }

    /// - Parameter anchors: what is not read once more; nil for the anchors themselves.
    private func certificates(
        _ key: String, _ reader: ConfigurationReader, limit: Int, except anchors: [Certificate]? = nil
    ) throws -> [Certificate] {
        var all: [Certificate] = []
        for (index, path) in try reader.paths(key, default: []).enumerated() {
            let certificates: [Certificate]
            do {
                certificates = try CertificateFile.load(path: path)
            } catch {
                throw reader.error(key, at: index, "\(error)")
            }
            guard !certificates.isEmpty else { throw reader.error(key, at: index, "\(path) has no certificate in it") }
            for certificate in certificates where anchors?.contains(certificate) != true {
                try requireAuthority(certificate, isAnchor: anchors == nil) { reader.error(key, at: index, $0) }
                if !all.contains(certificate) { all.append(certificate) }
            }
        }
        guard all.count <= limit else { throw reader.error(key, "\(all.count) certificates are more than \(limit)") }
        return all
    }

    private func requireAuthority(
        _ certificate: Certificate, isAnchor: Bool, _ error: (String) -> ConfigurationError
    ) throws {
        let constraints: BasicConstraints?
        do {
            constraints = try certificate.extensions.basicConstraints
        } catch _ {
            throw error("the basicConstraints of «\(certificate.subject)» can't be read")
        }
        switch constraints {
        case .isCertificateAuthority: break
        case nil where certificate.version == .v1: break
        case nil, .notCertificateAuthority:
            throw error("«\(certificate.subject)» is not a CA certificate; the maker's CA is needed, not a device's")
        }
        if let objection = ManufacturerTrust.objection(to: certificate, isAnchor: isAnchor) {
            throw error("«\(certificate.subject)» can't be a CA of devices: \(objection)")
        }
        guard !authorityKeys.contains(try certificate.publicKey.derEncoded()) else {
            throw error(
                "«\(certificate.subject)» is one of this cluster's own authorities: their certificates authenticate "
                    + "anyway, and are never a manufacturer's")
        }
    }

    private func revocation(_ reader: ConfigurationReader) throws -> Manufacturer.RevocationRule? {
        let paths = try reader.paths("crls", default: [])
        let age = try reader.optionalDuration("crl-maximum-age", in: .seconds(60) ... .seconds(3660 * 86400))
        let stale: Manufacturer.RevocationRule.Stale = try reader.choice("crl-stale", default: .refuse)
        guard paths.count <= Self.maximumLists else {
            throw reader.error("crls", "\(paths.count) files are more than \(Self.maximumLists)")
        }
        guard !paths.isEmpty else {
            for key in ["crl-maximum-age", "crl-stale"] where reader.contains(key) {
                throw reader.error(key, "this needs «crls»: the files of the maker's revocation lists")
            }
            return nil
        }
        return Manufacturer.RevocationRule(paths: paths, maximumAge: age?.wholeSeconds, stale: stale)
    }

    // MARK: What labels say

    /// The manufacturers that a label accepts, and the names that it gives to their devices.
    func label(
        _ reader: ConfigurationReader, acceptsCertificates: Bool, manufacturers known: [Manufacturer]
    ) throws -> (manufacturers: [String], rules: [ManufacturerNameRule]) {
        let names = try reader.strings("manufacturers", default: [])
        for (index, name) in names.enumerated() where !known.contains(where: { $0.trust.name == name }) {
            let there = known.map(\.trust.name).joined(separator: ", ")
            throw reader.error(
                "manufacturers", at: index,
                "no manufacturer «\(name)»; there are: \(there.isEmpty ? "none" : there) (the list «manufacturers:»)")
        }
        let rules = try reader.mappings("manufacturer-names").map { try rule($0, manufacturers: names) }
        guard rules.count <= Self.maximumRules else {
            throw reader.error("manufacturer-names", "\(rules.count) rules are more than \(Self.maximumRules)")
        }
        guard names.isEmpty || acceptsCertificates else {
            throw reader.error("manufacturers", "this needs «certificate» under authentication")
        }
        // No rule could only mean «no names» or «any name»: the first is of no use, the second is none.
        guard names.isEmpty || !rules.isEmpty else {
            throw reader.error(
                "manufacturers", "this needs «manufacturer-names»: the rules that say which names the devices may have")
        }
        guard rules.isEmpty || !names.isEmpty else {
            throw reader.error("manufacturer-names", "this needs «manufacturers»: whose devices the rules are for")
        }
        for name in names where !rules.contains(where: { $0.manufacturers?.contains(name) ?? true }) {
            throw reader.error("manufacturer-names", "no rule is for «\(name)»: its devices could have no name")
        }
        return (names, rules)
    }

    private func rule(_ reader: ConfigurationReader, manufacturers: [String]) throws -> ManufacturerNameRule {
        func templates(_ key: String) throws -> [String] {
            let templates = try reader.strings(key, default: [])
            guard templates.count <= Self.maximumTemplates else {
                throw reader.error(key, "\(templates.count) templates are more than \(Self.maximumTemplates)")
            }
            return templates
        }
        let only = reader.contains("manufacturers") ? try reader.strings("manufacturers") : nil
        for (index, name) in (only ?? []).enumerated() where !manufacturers.contains(name) {
            throw reader.error("manufacturers", at: index, "«\(name)» is not among the label's manufacturers")
        }
        let rule = ManufacturerNameRule(
            source: try reader.string("from"),
            pattern: try reader.string("pattern", default: ManufacturerNameRule.standardPattern), manufacturers: only,
            commonNames: try templates("common-name"), serialNumbers: try templates("serial-number"),
            dns: try templates("dns"), ip: try templates("ip"), uri: try templates("uri"),
            email: try templates("email"))
        do throws(ManufacturerNameRule.Invalid) {
            try rule.validate()
        } catch {
            throw reader.error(error.key, error.message)
        }
        try reader.finish()
        return rule
    }
}
