// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import WireProtocol

/// The binary protocol: names are opened as handles, those of the connection's share made where
/// they are missing; requests go by handle or by name.
struct FrameWire: LoadWire {
  private enum Step {
    case greeting, opening, loaded, deleting
  }

  private let target: String
  private let plan: LoadPlan
  private let hello: [UInt8]
  private let sequence: RequestSequence
  private var step = Step.greeting
  /// The names to open, by number; the connection's share first.
  private var names: [Int]
  private var handles: [UInt32] = []
  private var window: SetupWindow
  /// The names that this connection has made.
  private var made: [Int] = []
  private var pool = RequestPool()
  private var scanner = FrameScanner()

  init(_ target: LoadTarget, _ plan: LoadPlan, _ sequence: RequestSequence) {
    self.target = target.text
    self.plan = plan
    self.sequence = sequence
    let token = target == plan.targets.first ? plan.token?.bearer : nil
    hello = Hello(token: token, clientName: "atomics-client bench").bytes
    names = sequence.share
    if !plan.names.isByName {
      var known = Set(names)
      for request in sequence.requests where known.insert(request.name).inserted {
        names.append(request.name)
      }
    }
    window = SetupWindow(count: names.count, width: Self.windowWidth)
  }

  /// Requests of the setup that are sent ahead of their answers.
  private static let windowWidth = 512

  var isSettled: Bool { window.isDone && step != .greeting && step != .opening }

  func begin(into output: inout OutputBuffer) { output.append(contentsOf: hello) }

  mutating func settle(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int {
    do throws(WireFailure) {
      var offset = 0
      if step == .greeting {
        guard let (welcome, byteCount) = try Welcome.decode(input) else { return 0 }
        try accept(welcome)
        offset = byteCount
      }
      while input.count - offset >= FrameHeader.byteCount {
        let header = FrameHeader(
          input.littleEndian64(at: offset), input.littleEndian64(at: offset + 8))
        let end = offset + FrameHeader.byteCount + Int(header.bodyByteCount)
        guard input.count >= end else { break }
        try take(header, input.extracting((offset + FrameHeader.byteCount)..<end))
        offset = end
      }
      ask(&output)
      return offset
    } catch {
      if error.status == .badFrame { throw .protocolViolation(error.text) }
      throw .rejected(
        code: error.status.code, text: "\(target): \(error.text)", applied: .no)
    }
  }

  private mutating func accept(_ welcome: Welcome) throws(WireFailure) {
    guard welcome.status == .ok else {
      throw WireFailure(welcome.status, "the server does not accept this client")
    }
    let limit = Int(welcome.limits.handles)
    guard limit == 0 || names.count <= limit else {
      throw WireFailure(
        .limit,
        "each connection would open \(names.count) names, and the server allows \(limit) handles: "
          + "use fewer --names or more connections")
    }
    if welcome.inFlightLimit > 0 {
      window = SetupWindow(
        count: names.count, width: min(Self.windowWidth, Int(clamping: welcome.inFlightLimit)))
    }
    step = .opening
  }

  private mutating func take(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) {
    guard let index = window.answer() else {
      throw WireFailure(.badFrame, "an answer to no request")
    }
    if header.orderOrStatus != Status.ok.rawValue {
      let failure = WireFailure(
        status: Status(rawValue: header.orderOrStatus) ?? .internal, body: body)
      // Somebody else may have deleted it.
      if step == .deleting, failure.status == .notFound || failure.status == .gone { return }
      throw failure
    }
    guard step == .opening else { return }
    let opened = try ControlFrame.readOpened(header: header, body: body)
    guard opened.type == .u64 else {
      throw WireFailure(
        .typeMismatch,
        "\(plan.names.name(at: names[index])) is a \(opened.type.name), and bench loads u64: "
          + "name another with --register")
    }
    handles.append(opened.handle)
    if header.flags & ReplyFlag.created != 0 { made.append(names[index]) }
    if window.isDone { fillPool() }
  }

  /// Sends what the window allows.
  private mutating func ask(_ output: inout OutputBuffer) {
    for index in window.next() {
      let name = plan.names.name(at: names[index])
      let number = UInt32(truncatingIfNeeded: index &+ 1)
      output.append(
        contentsOf: step == .deleting
          ? ControlFrame.request(.delete, name: name, sequence: number)
          : ControlFrame.open(name: name, creating: .u64, sequence: number))
    }
    if step == .opening, names.isEmpty { fillPool() }
  }

  private mutating func fillPool() {
    var handles: [Int: UInt32] = [:]
    if !plan.names.isByName {
      handles = Dictionary(zip(names, self.handles), uniquingKeysWith: { first, _ in first })
    }
    for (index, request) in sequence.requests.enumerated() {
      let part = plan.mix.parts[request.part]
      let number = UInt32(truncatingIfNeeded: index)
      if plan.names.isByName {
        pool.add(
          OperationFrame.encode(
            part.request, type: .u64, returns: part.name.returns,
            name: plan.names.name(at: request.name), sequence: number))
      } else {
        pool.add(
          OperationFrame.encode(
            part.request, type: .u64, returns: part.name.returns,
            handle: handles[request.name] ?? 0, sequence: number
          ).bytes)
      }
    }
    names = []
    self.handles = []
    step = .loaded
  }

  mutating func append(_ count: Int, to output: inout OutputBuffer) {
    pool.append(count, to: &output)
  }

  mutating func take(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int {
    let replies = scanner.scan(input)
    guard let status = scanner.refusal else { return replies }
    let name = Status(rawValue: status).map { "\($0)" } ?? "unknown"
    throw .rejected(
      code: "refused", text: "\(target) refused an operation with status \(status) (\(name)).",
      applied: .no)
  }

  mutating func beginCleaning(into output: inout OutputBuffer) {
    step = .deleting
    names = made
    made = []
    window = SetupWindow(count: names.count, width: Self.windowWidth)
    ask(&output)
  }
}
