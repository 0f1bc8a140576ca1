internal import GRDB

/// Sets names free that a device holds, or that its revocation has blocked (design §6, «Names are owned»).
enum Release {
    static func name(_ holding: NameHolding, _ db: Database) throws {
        try NameTable.release(db, name: holding.name)
        if holding.isBlocked, try !NameTable.names(db, device: holding.device).contains(where: \.isBlocked) {
            // The last blocked name: the device's keys may be certified again.
            try KeyTable.release(db, device: holding.device)
            try DeviceTable.setBlocked(db, id: holding.device, at: nil)
        }
    }

    /// Sets every name and key of a device free, and lifts its block.
    ///
    /// - Returns: the names that it had.
    static func device(_ device: Int64, _ db: Database) throws -> [NameHolding] {
        let names = try NameTable.names(db, device: device)
        for name in names {
            try NameTable.release(db, name: name.name)
        }
        try KeyTable.release(db, device: device)
        try DeviceTable.setBlocked(db, id: device, at: nil)
        return names
    }
}
