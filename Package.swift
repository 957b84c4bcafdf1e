// swift-tools-version: 6.2
import PackageDescription

/// Shared by every Swift target: what the compiler can prove, it proves.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// The modules whose tests are built, separated by spaces; all of them when nothing is said. The
/// thread sanitizer's build is long, and runs few of them.
let testedModules = Context.environment["ATOMICS_TESTED_MODULES"]?.split(separator: " ")

let package = Package(
  name: "atomics-service",
  products: [
    .library(name: "AtomicsCore", targets: ["AtomicsCore"]),
    .library(name: "SharedArena", targets: ["SharedArena"]),
    .library(name: "AtomicsClient", targets: ["AtomicsClient"]),
    // What turns bytes from outside into values, for the fuzzers.
    .library(
      name: "Engines",
      targets: [
        "AtomicsCore", "SharedArena", "WireProtocol", "JSONText", "HTTPMessage", "HTTP1Session",
        "HTTP2Session", "TLSSession", "Settings", "EventLoop", "RegisterService", "AtomicsServer",
      ]),
    .executable(name: "atomics-server", targets: ["atomics-server"]),
    .executable(name: "atomics-client", targets: ["atomics-client"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // Flags, settings file, signals.
    .executableTarget(
      name: "atomics-server",
      dependencies: ["AtomicsServer", "RegisterService", "Settings", arguments, logging],
      swiftSettings: settings),
    // Subcommands, printing, exit codes.
    .executableTarget(
      name: "atomics-client",
      dependencies: [
        "AtomicsClient", "LoadGenerator", "JSONText", "AtomicsCore", "Settings", arguments,
      ],
      swiftSettings: settings),
    // Bench loops; speaks HTTP/2, RESP and memcached beside the binary protocol.
    .target(
      name: "LoadGenerator",
      dependencies: [
        "AtomicsClient", "AtomicsCore", "WireProtocol", "HTTPMessage", "HTTP2Session", "JSONText",
        "EventLoop", histogram,
      ],
      swiftSettings: settings),
    // Listeners, sniffing, connections; the JSON API and the binary handler.
    .target(
      name: "AtomicsServer",
      dependencies: [
        "RegisterService", "HTTPMessage", "HTTP2Session", "HTTP1Session", "TLSSession",
        "WireProtocol", "JSONText", "EventLoop", "AtomicsCore", logging,
      ],
      swiftSettings: settings),
    // Remote and local clients with one API.
    .target(
      name: "AtomicsClient",
      dependencies: [
        "SharedArena", "WireProtocol", "HTTPMessage", "HTTP2Session", "TLSSession", "JSONText",
        "EventLoop", "AtomicsCore",
      ],
      swiftSettings: settings),
    // One request vocabulary over the arena; the narrow door to the registers.
    .target(
      name: "RegisterService", dependencies: ["SharedArena", "AtomicsCore"],
      swiftSettings: settings),
    // HTTP/2 without I/O, by libnghttp2.
    .target(
      name: "HTTP2Session", dependencies: ["HTTPMessage", "CNGHTTP2"], swiftSettings: settings),
    // HTTP/1.1 without I/O: strict and small.
    .target(name: "HTTP1Session", dependencies: ["HTTPMessage"], swiftSettings: settings),
    // TLS without I/O, by OpenSSL; SHA-256 and random bytes for secrets.
    .target(name: "TLSSession", dependencies: ["COpenSSL"], swiftSettings: settings),
    // Method, path, fields, events, limits.
    .target(name: "HTTPMessage", swiftSettings: settings),
    // Binary frames and statuses to values and back, without I/O.
    .target(name: "WireProtocol", dependencies: ["AtomicsCore"], swiftSettings: settings),
    // Strict JSON reader and writer over bytes.
    .target(name: "JSONText", swiftSettings: settings),
    // One epoll loop per thread.
    .target(name: "EventLoop", dependencies: ["CLinux"], swiftSettings: settings),
    // Named registers in shared memory; the only module that maps memory.
    .target(name: "SharedArena", dependencies: ["AtomicsCore", "CLinux"], swiftSettings: settings),
    // Operations with run-time width and order; the operation table.
    .target(name: "AtomicsCore", dependencies: ["CAtomics"], swiftSettings: settings),
    // File, environment and flags to one validated value.
    .target(name: "Settings", dependencies: [yams], swiftSettings: settings),
    // Header-only `__atomic_*`, one function per operation and width.
    .target(name: "CAtomics"),
    // Calls that Swift's Glibc does not export.
    .target(name: "CLinux"),
    .systemLibrary(
      name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

    // The example of AtomicsClient, with the settings of the package that it has of its own.
    .executableTarget(
      name: "example-rate-limiter", dependencies: ["AtomicsClient"],
      path: "Examples/Service/Sources/rate-limiter",
      swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()]),
    // Processes that die at every step of a change, for the tests of SharedArena.
    .executableTarget(
      name: "arena-storm", dependencies: ["SharedArena", "AtomicsCore"], path: "Tests/ArenaStorm",
      swiftSettings: settings),
    // Tests mirror sources; TestSupport holds temporary arenas, vectors and servers.
    .target(
      name: "TestSupport",
      dependencies: ["SharedArena", "AtomicsCore", "EventLoop", "WireProtocol"],
      path: "Tests/TestSupport", swiftSettings: settings),
  ]
    + [
      ("TestSupport", ["AtomicsCore"]),
      ("AtomicsCore", ["AtomicsCore"]),
      ("SharedArena", ["SharedArena", "AtomicsCore", "CLinux", "arena-storm"]),
      ("Settings", ["Settings"]),
      ("EventLoop", ["EventLoop", "CLinux"]),
      ("JSONText", ["JSONText"]),
      ("WireProtocol", ["WireProtocol", "AtomicsCore"]),
      ("HTTPMessage", ["HTTPMessage"]),
      ("HTTP1Session", ["HTTP1Session", "HTTPMessage"]),
      ("HTTP2Session", ["HTTP2Session", "HTTPMessage"]),
      ("TLSSession", ["TLSSession"]),
      ("RegisterService", ["RegisterService", "SharedArena", "AtomicsCore"]),
      (
        "AtomicsServer",
        [
          "AtomicsServer", "RegisterService", "WireProtocol", "HTTPMessage", "HTTP1Session",
          "TLSSession", "SharedArena", "AtomicsCore", "EventLoop", "JSONText", logging,
        ]
      ),
      (
        "AtomicsClient",
        [
          "AtomicsClient", "WireProtocol", "SharedArena", "AtomicsCore", "EventLoop",
          "HTTPMessage", "HTTP2Session", "TLSSession", "JSONText",
        ]
      ),
      (
        "LoadGenerator",
        [
          "LoadGenerator", "AtomicsClient", "WireProtocol", "AtomicsCore", "EventLoop", histogram,
        ]
      ),
      (
        "EndToEnd",
        [
          "AtomicsClient", "AtomicsServer", "RegisterService", "SharedArena", "AtomicsCore",
          "EventLoop", "HTTPMessage", logging, "atomics-client", "atomics-server",
        ]
      ),
    ].filter { (module: String, _: [Target.Dependency]) in
      testedModules?.contains { $0 == module } ?? true
    }.map { (module: String, dependencies: [Target.Dependency]) in
      .testTarget(
        name: "\(module)Tests", dependencies: dependencies + ["TestSupport"],
        swiftSettings: settings)
    }
)
