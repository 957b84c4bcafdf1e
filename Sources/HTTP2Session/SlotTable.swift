// SPDX-License-Identifier: Apache-2.0

/// The slots of a session. Each stays where it is as long as the table has it, so that its messages
/// can be lent; and a look at one costs no more than following two pointers.
@safe struct SlotTable: ~Copyable {
  // Safety: of all methods: the first `count` places of `slots` hold slots that `append` made, and
  // every number is compared with that.
  private var slots: UnsafeMutableBufferPointer<UnsafeMutablePointer<StreamSlot>>
  private(set) var count = 0

  init() {
    unsafe slots = UnsafeMutableBufferPointer(start: nil, count: 0)
  }

  deinit {
    for place in 0..<count {
      let slot = unsafe slots[place]
      unsafe slot.deinitialize(count: 1)
      unsafe slot.deallocate()
    }
    unsafe slots.deallocate()
  }

  var indices: Range<Int> { 0..<count }

  /// Adds a free slot at the end.
  mutating func append() {
    if unsafe count == slots.count { grow() }
    let slot = UnsafeMutablePointer<StreamSlot>.allocate(capacity: 1)
    unsafe slot.initialize(to: StreamSlot())
    unsafe slots[count] = unsafe slot
    count &+= 1
  }

  private mutating func grow() {
    let larger = UnsafeMutableBufferPointer<UnsafeMutablePointer<StreamSlot>>.allocate(
      capacity: max(count &* 2, 8))
    _ = unsafe larger.moveInitialize(fromContentsOf: slots[..<count])
    unsafe slots.deallocate()
    unsafe slots = unsafe larger
  }

  /// Where a slot stands; it stays there.
  @inline(__always)
  func address(_ slot: Int) -> UnsafeMutablePointer<StreamSlot> {
    precondition(slot >= 0 && slot < count, "no such slot")
    return unsafe slots.baseAddress.unsafelyUnwrapped[slot]
  }

  subscript(slot: Int) -> StreamSlot {
    @inline(__always) _read { yield unsafe address(slot).pointee }
    @inline(__always) _modify { yield unsafe &address(slot).pointee }
  }
}
