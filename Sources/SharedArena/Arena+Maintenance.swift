// SPDX-License-Identifier: Apache-2.0

extension Arena {
  /// Does ahead of need what would make a create slow: takes memory for more slots when three
  /// quarters are used, of many all but 32,768, and frees what nobody can be using any more. For
  /// the thread of a server that does such things, once a second and off the data path.
  ///
  /// - Throws: As `create(_:)`, `fileSystemFull` above all: the arena goes on with what it has.
  public func maintain() throws(ArenaError) {
    quiesce()
    // A step at a time, so that creates get in between.
    for _ in 0..<256 {
      let goOn = try withDirectory { writer throws(ArenaError) in
        let freed = try writer.reclaim(atMost: 1024)
        let grew = try writer.growAhead()
        return freed == 1024 || grew
      }
      if !goOn { return }
    }
  }
}
