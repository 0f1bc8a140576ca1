internal import ArgumentParser
internal import Device
internal import Fleet

/// The devices of a fleet: how many, their names, their keys, and where they stay between runs.
struct FleetDeviceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Prepare so many devices; of each sort where the mix needs some with a certificate and some without.",
            valueName: "count"))
    var devices: Int?
    @Option(
        help: ArgumentHelp(
            "Their names, as device-%08d.example.com. A prefix for each run without it.", valueName: "pattern"))
    var namePattern: String?
    @Option(help: ArgumentHelp("The first number in their names.", valueName: "number"))
    var firstNumber = 1
    @Option(help: "Their keys: \(DeviceKey.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var key = DeviceKey.Kind.p256
    @Option(
        help: ArgumentHelp("Take devices with certificates from a folder that an earlier run wrote.", valueName: "dir"))
    var credentials: String?
    @Option(
        help: ArgumentHelp("Write the devices that have certificates, with their keys, at the end.", valueName: "dir"))
    var saveCredentials: String?

    func validate() throws {
        if let devices, !(1...DevicePreparation.maximumDevices).contains(devices) {
            throw ValidationError("--devices takes a number from 1 to \(DevicePreparation.maximumDevices).")
        }
        guard (0...1_000_000_000_000).contains(firstNumber) else {
            throw ValidationError("--first-number takes a number from 0.")
        }
        if let namePattern, DeviceNames(pattern: namePattern) == nil {
            throw ValidationError(
                "--name-pattern takes a host name of at most 64 characters with one place for a number: "
                    + "device-%08d.example.com.")
        }
    }

    var names: DeviceNames { namePattern.flatMap(DeviceNames.init(pattern:)) ?? .random() }

    func save(_ devices: [SimulatedDevice]) throws {
        guard let saveCredentials else { return }
        let count = try FleetCredentials(folder: saveCredentials).save(devices)
        Output.remark("\(count) devices with their keys are in \(saveCredentials).")
    }
}
