// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore
import JSONText

struct WatchCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Print registers' values whenever they change.",
    usage: "atomics-client watch NAME … | --prefix PREFIX [--count N] [--interval MS] [--json]",
    discussion: """
      A line for each event: the name and the present value, then each value that
      is another than before, with `gap` behind it where others may have passed
      unseen, or `deleted`. What changes faster than it can be printed becomes one
      line with the latest value. Lost connections are made again.

      Ends when all NAMEs are deleted, after --count lines, and on Ctrl-C (exit code
      0); in a prefix registers come and go. A prefix not over shm:.

      EXAMPLES:
        atomics-client watch hits seats
        atomics-client watch --prefix jobs/ --interval 500 --json
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: ArgumentHelp("Watch every register whose name begins so.", valueName: "prefix"))
  var prefix: String?
  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("End after this many lines.", valueName: "number"))
  var count: Int?
  @Option(
    help: ArgumentHelp(
      "The least time between two lines of one register.", valueName: "milliseconds"))
  var interval: UInt32 = 0
  @Argument(help: ArgumentHelp("The registers' names.", valueName: "name"))
  var names: [String] = []

  func validate() throws {
    guard names.isEmpty != (prefix == nil) else {
      throw ValidationError("Watch either registers by NAME, or all with a --prefix.")
    }
    guard count ?? 1 >= 1 else { throw ValidationError("--count takes 1 or more.") }
  }

  func run(_ output: Output) throws -> Outcome {
    let (address, options) = (try common.address(), try common.options())
    let events = EventHandover()
    let task = Task {
      do {
        let client = try await RegisterClient.connect(to: address, options: options)
        try await watch(client) { await events.hand($0) }
        events.finish(nil)
      } catch {
        events.finish(error)
      }
    }
    let signals = InterruptSignals { task.cancel() }
    defer { signals.end() }
    var left = count ?? .max
    do {
      while left > 0, let event = try events.next() {
        output.line(common.json ? json(event) : plain(event))
        // Who reads is to see each as it comes.
        output.flush()
        guard output.failure == nil else { break }
        left -= 1
      }
    } catch ClientError.cancelled {
      return .ok
    }
    task.cancel()
    return .ok
  }

  /// Hands over events until every watch is over.
  private func watch(
    _ client: RegisterClient, _ hand: @escaping @Sendable (RegisterEvent) async -> Void
  ) async throws {
    let interval = Duration.milliseconds(interval)
    if let prefix {
      for try await event in try await client.watch(prefix: prefix, interval: interval) {
        await hand(event)
      }
      return
    }
    // All are there before the first line.
    var watches: [RegisterEvents] = []
    for name in names {
      let register = try await client.register(named: name)
      watches.append(try await client.watch(register, interval: interval))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for events in watches {
        group.addTask {
          for try await event in events { await hand(event) }
        }
      }
      try await group.waitForAll()
    }
  }

  private func plain(_ event: RegisterEvent) -> String {
    switch event.kind {
    case .value(let value): "\(event.name) \(event.type.format(value))"
    case .gap(let value): "\(event.name) \(event.type.format(value)) gap"
    case .deleted: "\(event.name) deleted"
    }
  }

  private func json(_ event: RegisterEvent) -> String {
    var object = JSONWriter.object()
    func add(_ kind: String, _ value: UInt128?) {
      object.member("event", kind)
      object.member("name", event.name)
      guard let value else { return }
      object.member("type", event.type.name)
      object.member("value", event.type.format(value))
    }
    switch event.kind {
    case .value(let value): add("change", value)
    case .gap(let value): add("gap", value)
    case .deleted: add("deleted", nil)
    }
    return object.line
  }
}
