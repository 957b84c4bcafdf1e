// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop

/// What differs between protocols whose answers are lines.
protocol LineDialect {
  associatedtype Scanner: LineScanner
  static var name: String { get }
  /// Asked first, to tell another protocol or a server that wants a password before the load does.
  static var greeting: String? { get }
  static func isGreeting(_ line: String) -> Bool
  /// Makes a key that holds 0, unless it is there.
  static func make(_ key: String) -> String
  /// Whether the key was made; nil: the line is no answer to that.
  static func isMade(_ line: String) -> Bool?
  static func delete(_ key: String) -> String
  /// The request that comes nearest to an operation: reads read, stores store, and all others
  /// increment.
  static func request(_ operation: AtomicOperation, _ key: String) -> String
}

/// Counts answers. Keeps nothing but its place between calls.
protocol LineScanner {
  init()
  /// The first refusal, as far as it was read.
  var refusal: [UInt8]? { get }
  /// The number of answers that end in `bytes`. A refusal ends the count.
  mutating func scan(_ bytes: Span<UInt8>) -> Int
}

/// A protocol of lines: keys of the connection's share are made where they are missing.
struct LineWire<Dialect: LineDialect>: LoadWire {
  private enum Step {
    case greeting, making, loaded, deleting
  }

  private let target: String
  private let plan: LoadPlan
  private var step: Step
  /// The keys to make or to delete, by number.
  private var names: [Int]
  private var window: SetupWindow
  private var made: [Int] = []
  private var pool = RequestPool()
  private var scanner = Dialect.Scanner()

  init(_ target: LoadTarget, _ plan: LoadPlan, _ sequence: RequestSequence) {
    self.target = target.text
    self.plan = plan
    names = sequence.share
    step = Dialect.greeting == nil ? .making : .greeting
    window = SetupWindow(count: names.count, width: 256)
    for request in sequence.requests {
      let operation = plan.mix.parts[request.part].name.operation
      pool.add(Array(Dialect.request(operation, plan.names.name(at: request.name)).utf8))
    }
  }

  var isSettled: Bool { window.isDone && step != .greeting }

  mutating func begin(into output: inout OutputBuffer) {
    if let greeting = Dialect.greeting, step == .greeting {
      output.append(contentsOf: Array(greeting.utf8))
    } else {
      ask(&output)
    }
  }

  mutating func settle(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int {
    var offset = 0
    while let end = (offset..<input.count).first(where: { input[$0] == UInt8(ascii: "\n") }) {
      var line = ""
      for index in offset..<end where input[index] >= 0x20 {
        line.unicodeScalars.append(Unicode.Scalar(input[index]))
      }
      try take(line)
      offset = end + 1
    }
    if step != .greeting { ask(&output) }
    if isSettled, step == .making { step = .loaded }
    return offset
  }

  private mutating func take(_ line: String) throws(ClientError) {
    let foreign = ClientError.protocolViolation(
      "`\(line.prefix(100))` is no answer of \(Dialect.name)")
    switch step {
    case .greeting:
      guard Dialect.isGreeting(line) else { throw foreign }
      step = .making
    case .making:
      guard let isMade = Dialect.isMade(line), let index = window.answer() else { throw foreign }
      if isMade { made.append(names[index]) }
    case .deleting, .loaded:
      guard window.answer() != nil else { throw foreign }
    }
  }

  private mutating func ask(_ output: inout OutputBuffer) {
    for index in window.next() {
      let key = plan.names.name(at: names[index])
      output.append(
        contentsOf: Array((step == .deleting ? Dialect.delete(key) : Dialect.make(key)).utf8))
    }
  }

  mutating func append(_ count: Int, to output: inout OutputBuffer) {
    pool.append(count, to: &output)
  }

  mutating func take(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int {
    let replies = scanner.scan(input)
    guard let line = scanner.refusal else { return replies }
    let text = String(decoding: line, as: UTF8.self)
    throw .rejected(code: "refused", text: "\(target) answered `\(text)`.", applied: .no)
  }

  mutating func beginCleaning(into output: inout OutputBuffer) {
    step = .deleting
    names = made
    made = []
    window = SetupWindow(count: names.count, width: 256)
    ask(&output)
  }
}

extension Span<UInt8> {
  /// The printable bytes from `start` to the end of the line, at most 100.
  func line(from start: Int) -> [UInt8] {
    var line: [UInt8] = []
    var index = start
    while index < count, line.count < 100, self[index] >= 0x20 {
      line.append(self[index])
      index += 1
    }
    return line
  }
}
