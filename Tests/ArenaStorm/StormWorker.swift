// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import AtomicsCore
  import Glibc
  import SharedArena

  /// What a process does until it is killed: everything that there is to do with an arena.
  struct StormWorker {
    /// Never deleted, and added to by everybody.
    static let lasting = ["lasting:a", "lasting:b", "lasting:c"]
    /// Created and deleted by everybody.
    static let passing = (0..<40).map { "passing:\($0)" }

    /// How a process ends that was not killed.
    static let unreached: Int32 = 3
    static let complaints: [Int32: String] = [
      10: "a lasting register was not found", 11: "a 16-byte value was torn",
      12: "a register has another's label", 13: "a change failed", 14: "the arena did not open",
      15: "a snapshot failed",
    ]

    private let arena: Arena
    private let ledger: Ledger
    private let point: CrashPoint
    private var random: Generator
    private var fillCount = 0

    /// A xorshift generator: the same work for the same seed.
    private struct Generator: RandomNumberGenerator {
      var state: UInt64

      mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
      }
    }

    static func specification(_ name: String) -> RegisterSpecification {
      // Sixteen bytes, of which both halves are always the same.
      let isWide = name.hasSuffix("7")
      return RegisterSpecification(
        name: name, type: RegisterType.all[isWide ? 4 : 3],
        initial: isWide ? pair(7) : 0, label: label(of: name), ownerUser: 0,
        ownerTag: UInt64(name.utf8.count))
    }

    static func label(of name: String) -> String { "label of \(name)" }

    private static func pair(_ word: UInt64) -> UInt128 { UInt128(word) << 64 | UInt128(word) }

    static func run(_ storm: Storm, seed: UInt64, path: String, ledger: Ledger) -> Never {
      let arena: Arena
      var random = Generator(state: seed | 1)
      // Half of them may die before they are attached: in the repair of what others left.
      let isEarly = Bool.random(using: &random) || storm.point.isOfRepair
      if isEarly { storm.point.arm(passing: 0) }
      do {
        arena = storm.role == .server ? try Arena.serve(at: path).arena : try Arena.open(at: path)
      } catch {
        _exit(14)
      }
      var worker = StormWorker(
        arena: arena, ledger: ledger, point: storm.point, random: random)
      withExtendedLifetime(arena) { worker.work(isArmed: isEarly) }
    }

    private init(arena: Arena, ledger: Ledger, point: CrashPoint, random: Generator) {
      self.arena = arena
      self.ledger = ledger
      self.point = point
      self.random = random
    }

    private mutating func work(isArmed: Bool) -> Never {
      let passes = point.isRare ? 1 : 40
      if !isArmed { point.arm(passing: Int.random(in: 0..<passes, using: &random)) }
      for _ in 0..<4000 { step() }
      _exit(Self.unreached)
    }

    private mutating func step() {
      if Int.random(in: 0..<(CrashPoint.ofSnapshot.contains(point) ? 20 : 500), using: &random) == 0
      {
        snapshot()
      }
      let name = Self.passing.randomElement(using: &random) ?? ""
      do throws(ArenaError) {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: _ = try arena.create(Self.specification(name))
        case 30..<60: _ = try arena.delete(named: name)
        case 60..<75: look(at: name)
        case 75..<90: add()
        case 90..<94: try fill()
        case 94..<97: try arena.maintain()
        case 97..<99: _ = arena.list(from: 0, prefix: "p".utf8.span, limit: 20, scanLimit: 50)
        default: try pin()
        }
      } catch {
        // The other process was killed or has it for the moment: that is not a fault.
        guard case .directoryBusy = error else { _exit(13) }
      }
    }

    private func snapshot() {
      do throws(ArenaError) {
        try arena.snapshot(to: Storm.snapshotPath(of: arena.path))
      } catch {
        _exit(15)
      }
    }

    private func look(at name: String) {
      guard let handle = arena.find(named: name) else { return }
      if let info = arena.info(of: handle), info.label != Self.label(of: name) { _exit(12) }
      guard handle.type.width == .sixteen else { return }
      let isTorn = arena.withCell(of: handle) { cell in
        let found = cell.load()
        cell.store(Self.pair(UInt64(truncatingIfNeeded: found) &+ 1))
        return UInt64(truncatingIfNeeded: found) != UInt64(truncatingIfNeeded: found >> 64)
      }
      if isTorn == true { _exit(11) }
    }

    private func add() {
      for name in Self.lasting {
        guard let handle = arena.find(named: name),
          let cell = arena.withCell(of: handle, { cell in try? cell.perform(.add, operand: 1) }),
          cell != nil
        else { _exit(10) }
        ledger.add(name)
      }
    }

    /// Makes the index and the arena grow where that is the point, else only the lists.
    private mutating func fill() throws(ArenaError) {
      if point.isRare {
        for _ in 0..<500 {
          fillCount += 1
          _ = try arena.create(Self.specification("fill:\(getpid()):\(fillCount)"))
        }
        try arena.maintain()
      } else {
        for _ in 0..<80 {
          _ = try arena.create(Self.specification("burst:\(getpid())"))
          _ = try arena.delete(named: "burst:\(getpid())")
        }
      }
    }

    /// A few only: a pinned slot is lost for good.
    private mutating func pin() throws(ArenaError) {
      guard "\(point)".hasPrefix("pin") || Int.random(in: 0..<8, using: &random) == 0 else {
        return
      }
      let name = "pinned:\(getpid())"
      _ = try arena.create(Self.specification(name))
      _ = try arena.pin(named: name)
      _ = try arena.delete(named: name)
    }
  }
#endif
