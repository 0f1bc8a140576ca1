internal import Foundation

/// Random numbers for loads: fast, and good enough for arrivals and mixes (SplitMix64). Never for keys.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64 = .random(in: 0 ... .max)) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// From 0 to below 1.
    mutating func nextFraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Exponentially distributed, with the mean 1: the time between arrivals of a Poisson process.
    mutating func nextExponential() -> Double {
        -log(1 - nextFraction())
    }
}
