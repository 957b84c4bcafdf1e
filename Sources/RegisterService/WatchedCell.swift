// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// A register that somebody on a hub waits for or watches. Of the hub's thread.
final class WatchedCell {
  let register: RegisterReference
  /// Its place in the hub's list.
  var position: Int
  /// Those who wait, the first one first. Closed ones stay until they are many.
  var waits: [Wait] = []
  var views: [WatchView] = []
  /// How many of both are open, and how many are not.
  var openCount = 0
  /// How many of the open waits run an operation.
  var takerCount = 0
  var closedCount = 0

  /// The value that all of them have looked at since they last looked; nil: unknown.
  var last: UInt128?
  /// It is in the hub's queue, or being looked at.
  var isQueued = false
  /// It changed again while it was being looked at.
  var isChangedAgain = false
  /// How many of `waits` and `views` the look has come to, and what it found at its begin.
  var progress = 0
  var look = Look.value(0)
  /// Nobody is left, and the hub has forgotten it.
  var isReleased = false

  enum Look {
    case value(UInt128)
    case refused(ServiceError)
  }

  init(_ register: RegisterReference, position: Int) {
    self.register = register
    self.position = position
  }

  /// Lets go of closed waits and views, where they are many. Not while it is being looked at.
  func compact() {
    guard closedCount > 16, closedCount > openCount else { return }
    waits.removeAll { !$0.isOpen }
    views.removeAll { !$0.isOpen }
    closedCount = 0
  }
}

/// Somebody who waits for a register.
final class Wait {
  let key: UInt32
  unowned let client: WaitClient
  let register: RegisterReference
  let condition: WaitCondition
  /// `.max`: it has no limit.
  let deadline: UInt64
  /// The value of the first look.
  let first: UInt128
  var cell: WatchedCell?
  var isOpen = true

  init(
    _ key: UInt32, of client: WaitClient, on register: RegisterReference,
    until condition: WaitCondition, deadline: UInt64, first: UInt128
  ) {
    self.key = key
    self.client = client
    self.register = register
    self.condition = condition
    self.deadline = deadline
    self.first = first
  }

  func isSatisfied(by value: UInt128) -> Bool {
    condition.predicate.holds(
      for: value, operand: condition.operand, first: first, on: register.type)
  }
}
