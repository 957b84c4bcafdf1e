// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTPMessage
import RegisterService

/// The engines' limits by the names that a server's configuration has for them, so that who
/// configures a server need not know its engines.
extension ServerLimits {
  /// Bytes of an HTTP request's body.
  public var bodyBytes: Int {
    get { http.bodyBytes }
    set { http.bodyBytes = newValue }
  }

  /// Bytes of an HTTP request's header section.
  public var headerBytes: Int {
    get { http.headerBytes }
    set { http.headerBytes = newValue }
  }

  /// Fields of an HTTP request's header section.
  public var headerFields: Int {
    get { http.fieldCount }
    set { http.fieldCount = newValue }
  }

  /// Bytes of an HTTP request's target.
  public var targetBytes: Int {
    get { http.targetBytes }
    set { http.targetBytes = newValue }
  }

  /// HTTP/2 requests under way on one connection.
  public var concurrentStreams: Int {
    get { http.concurrentStreams }
    set { http.concurrentStreams = newValue }
  }

  /// Frames of one HTTP/2 connection that cost more than they bring, at once.
  public var http2Nuisances: Int {
    get { http.nuisanceBurst }
    set { http.nuisanceBurst = newValue }
  }

  /// How many more of them there may be each second.
  public var http2NuisancesPerSecond: Int {
    get { http.nuisancesPerSecond }
    set { http.nuisancesPerSecond = newValue }
  }

  /// Unsent answers to PING and SETTINGS of one HTTP/2 connection.
  public var http2Acknowledgements: Int {
    get { http.unsentAcknowledgements }
    set { http.unsentAcknowledgements = newValue }
  }

  /// CONTINUATION frames of one header section.
  public var http2Continuations: Int {
    get { http.continuations }
    set { http.continuations = newValue }
  }

  /// Entries of one SETTINGS frame.
  public var http2SettingsEntries: Int {
    get { http.settingsEntries }
    set { http.settingsEntries = newValue }
  }

  /// Seconds in which an HTTP client must take something of what it is sent, or over HTTP/2 send
  /// something of a request that it has begun; 0: there is no such limit.
  public var stallSeconds: Int {
    get { http.stallSeconds }
    set { http.stallSeconds = newValue }
  }

  /// Waits of one connection.
  public var waits: Int {
    get { waiting.waits }
    set { waiting.waits = newValue }
  }

  /// Waits of all connections.
  public var waitsTotal: Int {
    get { waiting.waitsTotal }
    set { waiting.waitsTotal = newValue }
  }

  /// Watches of one connection.
  public var watches: Int {
    get { waiting.watches }
    set { waiting.watches = newValue }
  }

  /// Watches of all connections.
  public var watchesTotal: Int {
    get { waiting.watchesTotal }
    set { waiting.watchesTotal = newValue }
  }

  /// Registers that the watches of one connection see together.
  public var watchedRegisters: Int {
    get { waiting.watchedRegisters }
    set { waiting.watchedRegisters = newValue }
  }

  /// Registers that all watches see together.
  public var watchedRegistersTotal: Int {
    get { waiting.watchedRegistersTotal }
    set { waiting.watchedRegistersTotal = newValue }
  }

  /// Unsent bytes of one connection from which it is neither read nor executed.
  public var outputHighWaterBytes: Int {
    get { stream.outputHighWater }
    set {
      stream.outputHighWater = newValue
      http.responseBufferBytes = newValue
    }
  }

  /// Bytes that one connection may have sent without their being whole enough to be read; at least
  /// a frame and the beginning of the next.
  public var inputBytes: Int {
    get { stream.inputLimit }
    set { stream.inputLimit = newValue }
  }
}
