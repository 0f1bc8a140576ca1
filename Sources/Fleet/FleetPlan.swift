/// What a simulated fleet does.
package struct FleetPlan: Sendable {
    /// How many devices there are, each with its own key and name.
    package var devices: Int

    package init(devices: Int) {
        self.devices = devices
    }
}
