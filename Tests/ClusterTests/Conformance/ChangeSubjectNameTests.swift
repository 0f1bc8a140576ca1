internal import Crypto
internal import Foundation
internal import PKI
internal import TestRequests
internal import Testing
internal import X509

/// Renewals that ask for other names, with the attribute ChangeSubjectName (case R3, RFC 6402 §2.8).
@Suite struct ChangeSubjectNameTests {
    private typealias Device = RenewingDevice
    private let label = "renew-change"

    private func subject(_ name: String) -> Device.Subject { [(Device.cn, .utf8String, name)] }

    @Test("R3: ChangeSubjectName gives the new names where the label allows it, each part for itself")
    func r3NewNames() async throws {
        let cluster = try await ConformanceCluster.shared()
        let names = [TestRequest.dns("ca-1.example.com")]
        let device = try await Device.enrolled(subject("ca-1"), names: names, in: cluster, label: label)
        let newName = TestRequest.name(subject("ca-2"))
        let newNames = TestRequest.sequence([TestRequest.dns("ca-2.example.com")])
        // As RFC 6402 has it, and as its erratum 3943 mends it.
        let tagged = TestRequest.element(0xa1, TestRequest.dns("ca-3.example.com"))

        let both = try await device.renew(
            subject("ca-1"), names: names,
            attributes: [Device.changeSubjectName(subject: newName, names: newNames)], label: label, in: cluster
        ).certificate()
        #expect(try both.subjectDER == newName)
        #expect(both.alternativeNameDER == newNames)

        let subjectAlone = try await device.renew(
            subject("ca-1"), names: names, attributes: [Device.changeSubjectName(subject: newName)], label: label,
            in: cluster
        ).certificate()
        #expect(try subjectAlone.subjectDER == newName)
        #expect(subjectAlone.alternativeNameDER == device.certificate.alternativeNameDER)

        let namesAlone = try await device.renew(
            subject("ca-1"), names: names, attributes: [Device.changeSubjectName(names: tagged)], label: label,
            in: cluster
        ).certificate()
        #expect(try namesAlone.subjectDER == device.certificate.subjectDER)
        #expect(namesAlone.alternativeNameDER == TestRequest.sequence([TestRequest.dns("ca-3.example.com")]))

        // The new certificate renews under its own names.
        var changed = device
        changed.certificate = both
        _ = try await changed.renew(
            subject("ca-2"), names: [TestRequest.dns("ca-2.example.com")], label: label, in: cluster
        ).certificate()
        #expect(
            try await changed.renew(subject("ca-1"), names: names, label: label, in: cluster).status == 403)
    }

    @Test("R3: the request's own fields must match the old certificate, else 403")
    func r3OwnFields() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try await Device.enrolled(subject("cb-1"), in: cluster, label: label)
        let change = Device.changeSubjectName(subject: TestRequest.name(subject("cb-2")))
        let answer = try await device.renew(subject("cb-2"), attributes: [change], label: label, in: cluster)
        #expect(answer.status == 403)
        #expect(answer.text.contains("cb-1"))
        let withSAN = try await device.renew(
            subject("cb-1"), names: [TestRequest.dns("cb-2.example.com")], attributes: [change], label: label,
            in: cluster)
        #expect(withSAN.status == 403)
    }

    @Test("R3: a label without change-subject-name, an enrollment, the profile and a held name refuse it with 403")
    func r3Refused() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try await Device.enrolled(subject("cc-1"), in: cluster, label: "renew-names")
        let change = Device.changeSubjectName(subject: TestRequest.name(subject("cc-2")))
        for (label, operation) in [("renew-names", "simplereenroll"), ("renew-change", "simpleenroll")] {
            let answer = try await device.renew(
                subject("cc-1"), attributes: [change], label: label, in: cluster, operation: operation)
            #expect(answer.status == 403)
            #expect(answer.text.contains("change-subject-name"), "\(answer.text)")
        }
        let forbidden = Device.changeSubjectName(
            names: TestRequest.sequence([TestRequest.dns("cc-1.example.org")]))
        let byProfile = try await device.renew(subject("cc-1"), attributes: [forbidden], label: label, in: cluster)
        #expect(byProfile.status == 403)
        #expect(byProfile.text.contains("subject-alternative-name.dns"))

        _ = try await Device.enrolled(subject("cc-3"), in: cluster, label: label)
        let taken = Device.changeSubjectName(subject: TestRequest.name(subject("cc-3")))
        let held = try await device.renew(subject("cc-1"), attributes: [taken], label: label, in: cluster)
        #expect(held.status == 403)
        #expect(held.text.contains("name held"))
    }

    @Test("R3: the old name stays the device's, and both are blocked when it is revoked")
    func r3OldName() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try await Device.enrolled(subject("cd-1"), in: cluster, label: label)
        let change = Device.changeSubjectName(subject: TestRequest.name(subject("cd-2")))
        let changed = try await device.renew(subject("cd-1"), attributes: [change], label: label, in: cluster)
            .certificate()
        let secret = try await cluster.secret(label: label, uses: 10)
        for name in ["cd-1", "cd-2"] {
            let other = try TestDevice(name, in: cluster)
            let answer = try await other.enroll(cluster, secret: secret, label: label)
            #expect(answer.status == 403)
            #expect(answer.text.contains("name held"))
        }
        try await cluster.estuary("certificate", "revoke", Array(changed.serialNumber.bytes).hexadecimal)
        for name in ["cd-1", "cd-2"] {
            let other = try TestDevice(name, in: cluster)
            #expect(try await other.enroll(cluster, secret: secret, label: label).status == 403)
        }
        #expect(try await device.renew(subject("cd-1"), label: label, in: cluster).status == 403)
    }
}
