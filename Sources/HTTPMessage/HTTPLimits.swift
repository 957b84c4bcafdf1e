// SPDX-License-Identifier: Apache-2.0

/// What a session accepts from its peer. Every buffer of a session is bounded by one of these.
public struct HTTPLimits: Sendable, Equatable {
  /// Bytes of one body; more is 413. Also bounds the undelivered body bytes of a connection.
  public var bodyBytes = 1 << 20
  /// Bytes of the header section (HTTP/2: names and values and 32 per field); more is 431.
  public var headerBytes = 16 << 10
  /// Fields of one message; more is 431.
  public var fieldCount = 100
  /// Bytes of the request target; more is 414.
  public var targetBytes = 8 << 10
  /// HTTP/2 streams at once, or pipelined HTTP/1 requests without an answer.
  public var concurrentStreams = 128
  /// Response bytes a session holds before ``HTTPEvent`` delivery pauses: a peer that does not read
  /// cannot make a connection keep more than this and one response.
  public var responseBufferBytes = 256 << 10
  /// Bytes of unread body that are discarded after an early error.
  public var drainBytes = 1 << 20
  /// HTTP/2 frames that cost the server more than the client: how many at once, and how many more
  /// each second. One more ends the connection. They are resets, requests that have to be reset,
  /// DATA without data, tiny window updates, PING, SETTINGS and PRIORITY.
  public var nuisanceBurst = 200
  public var nuisancesPerSecond = 20
  /// Answers to PING and SETTINGS that wait to be sent to one HTTP/2 peer; one more ends the
  /// connection.
  public var unsentAcknowledgements = 100
  /// CONTINUATION frames of one HTTP/2 header section, however their bytes come; more than nine
  /// times as many end the connection always.
  public var continuations = 8
  /// Entries of one SETTINGS frame; one more ends the connection.
  public var settingsEntries = 32
  /// Seconds in which an HTTP/2 client must take something of an answer that waits for it, or send
  /// something of a request that it has begun; its stream is reset else. 0: there is no such limit.
  public var stallSeconds = 30

  /// Whether a server keeps request fields that ``HTTPFieldName`` does not name. Who looks at none
  /// of them need not have them copied; they count towards the limits all the same.
  public var keepsUnknownFields = true

  public init() {}
}
