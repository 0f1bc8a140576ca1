internal import ArgumentParser
internal import Fleet
internal import Foundation

/// Where a run's results go.
struct FleetReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write the report as JSON; - for standard output.", valueName: "file"))
    var json: String?
    @Option(help: ArgumentHelp("Draw the latencies as an SVG picture.", valueName: "file"))
    var plot: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Processes of the server, whose processor time the report has.", valueName: "pid"))
    var serverPid: [Int32] = []
    @Option(
        help: ArgumentHelp(
            "The state directory of a local cluster, whose processes are the server's.", valueName: "dir"))
    var state: String?
    @Flag(help: "Show no progress.")
    var quiet = false

    func validate() throws {
        guard serverPid.allSatisfy({ $0 > 0 }), serverPid.count <= 64 else {
            throw ValidationError("--server-pid takes numbers of processes.")
        }
    }

    func serverProcesses() throws -> [Int32] {
        var processes = serverPid
        if let state {
            let found = ProcessMeter.processes(ofCluster: state)
            guard !found.isEmpty else {
                throw Failure(
                    "No process of a cluster in \(state) runs here.", hint: "Name the processes with --server-pid.")
            }
            processes += found.filter { !processes.contains($0) }
        }
        for process in processes where kill(process, 0) != 0 && errno == ESRCH {
            throw Failure("There is no process \(process).")
        }
        return processes
    }

    func write(_ facts: FleetReport, _ result: FleetResult) throws {
        if let json { try write(facts.json(), to: json) }
        if let plot { try write(Data(LatencyPlot(facts, result.tally).svg.utf8), to: plot) }
    }

    private func write(_ contents: Data, to path: String) throws {
        do {
            if path == "-" {
                try Output.write(String(decoding: contents, as: UTF8.self), to: STDOUT_FILENO)
            } else {
                try contents.write(to: URL(fileURLWithPath: path))
            }
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure("\(path) can't be written: \(error.localizedDescription)")
        }
    }
}
