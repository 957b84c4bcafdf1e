// swift-tools-version: 6.2
import PackageDescription

// AtomicsClient used by a program. With a server running, from this folder:
//
//     swift run rate-limiter [ADDRESS]    a limit that processes share, wherever they run
//
// It prints one line, and exits with 1 where more was granted than the limit allows.

let package = Package(
  name: "ServiceExamples",
  dependencies: [.package(name: "atomics-service", path: "../..")],
  targets: [
    .executableTarget(
      name: "rate-limiter",
      dependencies: [.product(name: "AtomicsClient", package: "atomics-service")],
      swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()])
  ]
)
