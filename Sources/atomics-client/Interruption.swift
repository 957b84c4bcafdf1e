// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation

/// Has Ctrl-C end a run instead of the program, while it lives; a second one ends the program.
final class Interruption {
  private let source: any DispatchSourceSignal

  init(_ stop: @escaping @Sendable () -> Void) {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      stop()
      signal(SIGINT, SIG_DFL)
    }
    source.resume()
  }

  deinit {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }
}
