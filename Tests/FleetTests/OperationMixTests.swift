internal import Fleet
internal import Testing

@Suite("Operation mix")
struct OperationMixTests {
    @Test("reads operations with their weights")
    func reads() {
        #expect(
            OperationMix(text: "enroll=1,reenroll=8,cacerts")?.weights == [.enroll: 1, .reenroll: 8, .cacerts: 1])
    }

    @Test(
        "refuses what is no mix", arguments: ["", "enroll=0", "enroll=-1", "enrol=1", "enroll=1,enroll=2", "enroll=x"])
    func refuses(text: String) {
        #expect(OperationMix(text: text) == nil)
    }
}
