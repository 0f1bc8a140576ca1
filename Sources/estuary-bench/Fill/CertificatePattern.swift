internal import Foundation

/// A real certificate that others are made of, with another serial number and name, which nobody has signed.
struct CertificatePattern: Sendable {
    private let der: Data
    private let serialPlace: Int
    private let namePlaces: [Int]

    /// - Throws: ``BenchFailure`` where serial number and name do not stand in it as they are.
    init(_ der: Data, serial: Data, name: String) throws {
        let wanted = Data(name.utf8)
        let places = der.indices.dropLast(wanted.count - 1).filter { der[$0..<$0 + wanted.count] == wanted }
        guard let serial = der.firstRange(of: serial), !places.isEmpty else {
            throw BenchFailure("The real certificate does not have its serial number and name as they stand.")
        }
        self.der = der
        serialPlace = serial.lowerBound
        namePlaces = places
    }

    /// - Parameters: as long as those of the pattern.
    func certificate(serial: Data, name: String) -> Data {
        var copy = der
        copy.replaceSubrange(serialPlace..<serialPlace + serial.count, with: serial)
        for place in namePlaces { copy.replaceSubrange(place..<place + name.utf8.count, with: name.utf8) }
        return copy
    }
}
