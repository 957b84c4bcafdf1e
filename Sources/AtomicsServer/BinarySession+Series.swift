// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// Frames that ask the same again: of one register or, one after another, of many.
extension BinarySession {
  /// How many frames ahead registers are looked up: enough that memory answers meanwhile, few
  /// enough that all their lines stay in the nearest cache until they are used.
  static let lookAhead = 32

  /// A frame that was looked up.
  private struct Pending: BitwiseCopyable {
    let register: PackedReference
    let sequence: UInt32
  }

  /// Runs the frame at `start` and those behind it that ask the same, one after another.
  ///
  /// The replies may pass the bound of the output by one.
  ///
  /// - Returns: Where the last one ends that was answered; nil: the first is to run alone.
  @inline(never)
  func runSeries(
    _ header: FrameHeader, in input: Span<UInt8>, at start: Int, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) -> Int? {
    // Held here: their span is looked at in the loop.
    let opened = self.handles
    let handles = opened.span
    let first = Int(header.handleOrAuxiliary)
    guard first < handles.count, let register = handles[first].reference,
      let series = series(header, input, at: start, on: register.type)
    else { return nil }
    var pending = InlineArray<32, Pending>(repeating: Pending(register: .none, sequence: 0))
    let room = output.room / OperationSeries.replyByteCount &+ 1
    var left = min(budget.remaining, room, (input.count &- start) / series.byteCount)
    var end = start
    while left > 0 {
      let (count, done) = service.withOperations { operations in
        let count = lookUp(
          series, in: input, at: end, atMost: min(left, Self.lookAhead), handles, operations,
          into: &pending)
        return (
          count,
          series.step == .addition
            ? add(series, input, at: end, pending.span, count, operations, into: &output, &budget)
            : run(series, input, at: end, pending.span, count, into: &output, &budget)
        )
      }
      end &+= done &* series.byteCount
      budget.spend(done &* ExecutionBudget.operation)
      if count == 0 || done < count { break }
      left = min(
        left &- count, budget.remaining, output.room / OperationSeries.replyByteCount &+ 1)
    }
    return end == start ? nil : end
  }

  /// Runs the frame at `start`, which is the last of the input, where it adds or loads as the last
  /// series has: `runSeries` for one, without what many are made ready by.
  ///
  /// - Returns: False, and nothing has happened, where it asks something else or is to be refused.
  @inline(never)
  func runSingle(
    _ first: UInt64, _ second: UInt64, in input: Span<UInt8>, at start: Int,
    into output: inout OutputBuffer, _ budget: inout ExecutionBudget
  ) -> Bool {
    let handle = Int(second >> 32)
    // `series` is looked at where it is: a copy would cost more than all the rest.
    guard series.contains(first), handle < handles.count else { return false }
    let opened = handles[handle]
    let type = series.type
    guard opened.packed.isPlain(type),
      !opened.grant.lacks(Rights(for: series.operation), comparedWith: present)
    else { return false }
    let register = opened.packed.plain(type)
    let sequence = UInt32(truncatingIfNeeded: second)
    do throws(ServiceError) {
      switch series.step {
      case .addition:
        let operands = start &+ FrameHeader.byteCount
        guard let addend = series.addend(input, operandsAt: operands, as: type) else {
          return false
        }
        let found = try service.add(addend, to: register, order: series.order)
        output.append(series.reply(to: sequence, found: found, adding: addend, as: type))
      case .load:
        let found = try service.loadWord(register, order: series.order)
        output.append(series.reply(to: sequence, found: found, adding: 0, as: type))
      case .other: return false
      }
      budget.spend(ExecutionBudget.operation)
    } catch {
      refuse(error, input, at: start, into: &output, &budget)
    }
    return true
  }

  /// What `header` asks of registers of `type`, as it was worked out before where it is the same.
  @inline(__always)
  private func series(
    _ header: FrameHeader, _ input: Span<UInt8>, at offset: Int, on type: RegisterType
  ) -> OperationSeries? {
    if series.contains(header.first), series.type == type { return series }
    let made = OperationSeries(input, at: offset, on: type)
    if let made { series = made }
    return made
  }

  /// Runs the frames from `start` on, the first `count` of `pending`.
  ///
  /// - Returns: How many were answered. The last of less than `count` has failed, which costs more
  ///   of the turn and of the output than was reckoned; or the one behind it has a value that is
  ///   none, and finds out alone.
  @inline(never)
  private func run(
    _ series: OperationSeries, _ input: Span<UInt8>, at start: Int,
    _ pending: Span<Pending>, _ count: Int, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) -> Int {
    var offset = start
    for index in 0..<count {
      do throws(ServiceError) {
        guard
          try run(
            series, input, at: offset, operandsAt: offset &+ FrameHeader.byteCount,
            on: pending[index].register.plain(series.type), into: &output)
        else { return index }
      } catch {
        refuse(error, input, at: offset, into: &output, &budget)
        return index &+ 1
      }
      offset &+= series.byteCount
    }
    return count
  }

  /// As `run`, of additions, which are most of what is asked: a loop that chooses nothing.
  @inline(never)
  private func add(
    _ series: OperationSeries, _ input: Span<UInt8>, at start: Int, _ pending: Span<Pending>,
    _ count: Int, _ operations: RegisterOperations, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) -> Int {
    // A type and an order that the compiler knows leave nothing to choose.
    series.type == .u64 && series.order == .sequentiallyConsistent
      ? add(
        series, input, at: start, pending, count, operations, .u64, .sequentiallyConsistent,
        into: &output, &budget)
      : add(
        series, input, at: start, pending, count, operations, series.type, series.order,
        into: &output, &budget)
  }

  @inline(__always)
  private func add(
    _ series: OperationSeries, _ input: Span<UInt8>, at start: Int, _ pending: Span<Pending>,
    _ count: Int, _ operations: RegisterOperations, _ type: RegisterType, _ order: MemoryOrder,
    into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) -> Int {
    var offset = start
    for index in 0..<count {
      let operands = offset &+ FrameHeader.byteCount
      guard let addend = series.addend(input, operandsAt: operands, as: type) else { return index }
      do throws(ServiceError) {
        let frame = pending[index]
        let found = try operations.add(addend, to: frame.register.plain(type), order: order)
        output.append(series.reply(to: frame.sequence, found: found, adding: addend, as: type))
      } catch {
        refuse(error, input, at: offset, into: &output, &budget)
        return index &+ 1
      }
      offset &+= series.byteCount
    }
    return count
  }

  @inline(never)
  func refuse(
    _ error: ServiceError, _ input: Span<UInt8>, at offset: Int, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) {
    let (first, second) = input.littleEndianPair(at: offset)
    output.append(contentsOf: WireFailure(error).frame(answering: FrameHeader(first, second)))
    budget.spend(ExecutionBudget.byName)
  }

  /// Runs the frame at `offset`, whose operands begin at `start`.
  ///
  /// - Returns: False, and nothing has happened, where the frame has a value that is none.
  @inline(__always)
  func run(
    _ series: OperationSeries, _ input: Span<UInt8>, at offset: Int, operandsAt start: Int,
    on register: RegisterReference, into output: inout OutputBuffer
  ) throws(ServiceError) -> Bool {
    let second = input.littleEndian64(at: offset &+ 8)
    let sequence = UInt32(truncatingIfNeeded: second)
    switch series.step {
    case .addition:
      guard let addend = series.addend(input, operandsAt: start, as: series.type) else {
        return false
      }
      let found = try service.add(addend, to: register, order: series.order)
      output.append(series.reply(to: sequence, found: found, adding: addend, as: series.type))
    case .load:
      let found = try service.loadWord(register, order: series.order)
      output.append(series.reply(to: sequence, found: found, adding: 0, as: series.type))
    case .other:
      guard let request = series.request(input, operandsAt: start) else { return false }
      output.append(series.reply(to: second, try service.perform(request, on: register)))
    }
    return true
  }

  /// Checks the handles of the frames from `start` on, and has the processor fetch their registers:
  /// many at once, where the operations themselves would each wait for their own.
  ///
  /// - Returns: How many frames are of the series, and on registers that it may operate on, which
  ///   are then in `pending`.
  @inline(__always)
  private func lookUp(
    _ series: OperationSeries, in input: Span<UInt8>, at start: Int, atMost limit: Int,
    _ handles: Span<OpenRegister>, _ operations: RegisterOperations,
    into pending: inout InlineArray<32, Pending>
  ) -> Int {
    let right = Rights(for: series.operation)
    let (present, type) = (self.present, series.type)
    var offset = start
    var last = -1
    var count = 0
    while count < limit {
      let (word, second) = input.littleEndianPair(at: offset)
      let handle = Int(second >> 32)
      guard series.contains(word), handle < handles.count else { break }
      let opened = handles[handle]
      guard opened.packed.isPlain(type),
        // Else the frame finds out alone.
        !opened.grant.lacks(right, comparedWith: present)
      else { break }
      // From the one before on they can run as one.
      if handle == last, series.canJoin { return count &- 1 }
      // The handles of the frames that are looked up next are fetched while these run.
      let next = offset &+ Self.lookAhead &* series.byteCount
      if next &+ FrameHeader.byteCount <= input.count {
        handles.anticipate(Int(input.littleEndian64(at: next &+ 8) >> 32))
      }
      operations.anticipate(opened.packed.plain(type))
      pending[count] = Pending(
        register: opened.packed, sequence: UInt32(truncatingIfNeeded: second))
      last = handle
      offset &+= series.byteCount
      count &+= 1
    }
    return count
  }
}
