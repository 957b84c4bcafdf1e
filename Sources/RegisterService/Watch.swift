// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena

/// A client's watch of one register, or of all whose names begin alike. Of the hub's thread.
final class Watch {
  let number: UInt32
  let key: UInt32
  /// Until the last of the views is taken apart.
  let client: WaitClient
  /// Nil: it is of one register.
  let prefix: [UInt8]?
  /// The least time between two events of a register.
  let interval: UInt64
  var views: [WatchView] = []
  /// Of a prefix: the views by register, so that none is found twice.
  var known: Set<RegisterHandle> = []
  /// Where it goes on through the slots; nil: it has been through.
  var cursor: UInt64?
  var isOpen = true
  /// Of a prefix: its place among those of the same one.
  var position = 0
  /// Of a prefix: whether the client may hear of the register called so.
  var isShown: (String) -> Bool = { _ in true }

  init(
    _ number: UInt32, key: UInt32, of client: WaitClient, prefix: [UInt8]?, interval: UInt64
  ) {
    self.number = number
    self.key = key
    self.client = client
    self.prefix = prefix
    self.interval = interval
  }
}

/// What a watch knows of one register, and what of that is still to be told. As large after a
/// million changes as after one.
final class WatchView {
  let watch: Watch
  let register: RegisterReference
  /// Empty in a watch of one register.
  let name: String
  /// Its place among the watch's views.
  var position: Int
  var cell: WatchedCell?
  /// Nil before the first look.
  var value: UInt128?
  var changes: UInt64 = 0
  var leftOut: UInt64 = 0
  /// Changes since the last event.
  var untold: UInt64 = 0
  /// Whether there was an event.
  var isTold = false
  var isGone = false
  /// It is among the client's events, or comes there at `notBefore`.
  var isPending = false
  var notBefore: UInt64 = 0
  /// It waits for `notBefore`.
  var isHeld = false
  /// The watch has it no more.
  var isRemoved = false

  init(_ register: RegisterReference, of watch: Watch, name: String, position: Int) {
    self.register = register
    self.watch = watch
    self.name = name
    self.position = position
  }

  var isOpen: Bool { watch.isOpen && !isRemoved && !isGone }
}
