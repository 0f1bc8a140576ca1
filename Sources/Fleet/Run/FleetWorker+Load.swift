internal import Foundation
internal import NIOCore

/// The closed loop: so many places, and in each one request after the other.
extension FleetWorker {
    func startPlaces() {
        let now = Self.now
        for place in 0..<maximumInFlight {
            let delay = plan.rampSeconds * Double(place) / Double(maximumInFlight)
            if delay > 0 {
                againLater(.nanoseconds(Int64(delay * 1e9)))
            } else {
                beginNext(now: now)
            }
        }
        finishIfIdle()
    }

    func beginNext(now: UInt64) {
        guard takesTurn(at: now) else { return }
        begin(intended: now, now: now)
    }

    func againLater(_ delay: TimeAmount) {
        loop.scheduleTask(in: delay) { [self] in
            beginNext(now: Self.now)
            finishIfIdle()
        }
    }
}

/// The open loop: requests arrive by a Poisson process, whatever becomes of the earlier ones.
extension FleetWorker {
    func startArrivals() {
        scheduleArrival(arrival(after: Double(Self.now)))
    }

    /// The time of the arrival that follows one.
    private func arrival(after last: Double) -> Double {
        last + random.nextExponential() / arrivalsPerSecond * 1e9
    }

    private func scheduleArrival(_ first: Double) {
        loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(first))) { [self] in
            let now = Self.now
            var arrival = first
            // Those that came while the loop was busy, each with the time of its arrival.
            while arrival <= Double(now), !isStopping {
                take(arrival: UInt64(arrival), now: now)
                arrival = self.arrival(after: arrival)
            }
            if !isStopping { scheduleArrival(arrival) }
            finishIfIdle()
        }
    }

    private func take(arrival: UInt64, now: UInt64) {
        if plan.rampSeconds > 0, arrival > shared.begins {
            // Arrivals of a lower rate are a random part of those of the full rate.
            let part = Double(arrival - shared.begins) / (plan.rampSeconds * 1e9)
            if part < 1, random.nextFraction() >= part { return }
        }
        guard takesTurn(at: now) else { return }
        if inFlight < maximumInFlight {
            begin(intended: arrival, now: now)
        } else {
            wait(arrival)
        }
    }
}
