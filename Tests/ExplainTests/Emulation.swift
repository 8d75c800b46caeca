import Glibc
import Testing

/// Whether an emulator runs the tests, some thirty times slower than a CPU; `Tools/arm64/cross.sh` says so.
enum Emulation {
  static let isActive = getenv("TTAME_EMULATED") != nil
  static let isTooSlow: Comment = "takes minutes under emulation"

  /// A test's cases; under emulation only those chosen. The log names the others, and `cross.sh` counts them.
  static func affordable<Case>(_ cases: [Case], of test: String, where isChosen: (Case) -> Bool) -> [Case] {
    guard isActive else { return cases }
    for left in cases where !isChosen(left) { print("Left out under emulation: \(test), \(left)") }
    return cases.filter(isChosen)
  }
}
