// SPDX-License-Identifier: Apache-2.0

import RegisterService
import WireProtocol

/// Who a binary connection is, for its whole life, or who waits for an answer, for as long as that
/// takes: what it showed, and what the rules in force give for that.
struct Caller: Sendable {
  let control: AccessControl
  /// Shown at the greeting: looked up again whenever the rules have changed.
  private let evidence: Evidence
  private(set) var access: Access
  /// What a grant of the rules in force is compared with.
  private(set) var present: Grant

  init(_ control: AccessControl, _ evidence: Evidence, _ access: Access) {
    self.control = control
    self.evidence = evidence
    self.access = access
    present = Grant(.all, access.generation)
  }

  /// Whether the rules have changed since `access` was worked out.
  var isOutdated: Bool { control.generation != access.generation }

  /// The same by the rules in force; nil where they know nobody like that any more.
  var renewed: Caller? {
    guard case .known(let access) = control.identify(evidence) else { return nil }
    return Caller(control, evidence, access)
  }

  func grant(on name: Span<UInt8>) -> Grant { Grant(access.rights(on: name), access.generation) }

  func require(_ right: Rights, on name: Span<UInt8>) throws(WireFailure) {
    guard access.allows(right, on: name) else { throw denial(of: right, on: name) }
  }

  /// What is about the arena as a whole takes the right on every name.
  func requireOnArena(_ right: Rights) throws(WireFailure) { try require(right, on: Span()) }

  @inline(never)
  private func denial(of right: Rights, on name: Span<UInt8>) -> WireFailure {
    WireFailure(.denied, access.denial(of: right, on: name.text(from: 0, count: name.count)))
  }
}

/// What a handle stands for: a register, and what its opener may do with it.
///
/// 16 bytes: a connection may have 100,000 of them, and all that fit no cache are waited for.
struct OpenRegister: BitwiseCopyable {
  let packed: PackedReference
  /// Counts while the rules are those that it was worked out from.
  var grant: Grant

  /// What a handle stands for that was given back.
  static var none: OpenRegister { OpenRegister(packed: .none, grant: Grant([], 0)) }

  init(packed: PackedReference, grant: Grant) {
    self.packed = packed
    self.grant = grant
  }

  init(_ reference: RegisterReference, _ grant: Grant) {
    self.init(packed: PackedReference(reference), grant: grant)
  }

  /// The register; nil: the handle was given back.
  @inline(__always) var reference: RegisterReference? { packed.reference }
}
