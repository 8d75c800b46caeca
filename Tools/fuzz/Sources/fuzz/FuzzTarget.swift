/// A part of the product that reads bytes of strangers.
///
/// A finding is a trap, what AddressSanitizer reports, a leak, too much time or memory, or a promise that is broken
/// (`require`).
protocol FuzzTarget: Sendable {
  /// Does what the product does with `bytes`; false if they are not for this target.
  func run(_ bytes: [UInt8]) -> Bool

  /// Changes an input; a target that knows its format keeps checksums and lengths right, which chance would not.
  func mutate(_ bytes: [UInt8], capacity: Int, seed: UInt32) -> [UInt8]
}

extension FuzzTarget {
  func mutate(_ bytes: [UInt8], capacity: Int, seed: UInt32) -> [UInt8] { mutated(bytes, capacity: capacity) }
}

/// The target that the program's name chooses.
let chosenTarget: any FuzzTarget = {
  let name = CommandLine.arguments.first.flatMap { $0.split(separator: "/").last } ?? ""
  switch name {
  case "png": return PNGTarget()
  case "jpeg": return ImageTarget(format: .jpeg)
  case "pnm": return ImageTarget(format: .pnm)
  case "stream": return StreamTarget()
  case "model": return ModelTarget()
  case "onnx": return ONNXTarget()
  case "text": return TextTarget()
  default: fatalError("\(name) is no target; see Tools/fuzz.sh")
  }
}()

/// Ends the program with `promise` unless it is kept.
func require(_ isKept: Bool, _ promise: @autoclosure () -> String) {
  if !isKept { fatalError("broken promise: \(promise())") }
}

/// Every error has a text, which the program puts on one line.
func requireText(_ error: any Error) {
  let line = "\(error)".onOneLine
  require(
    !line.isEmpty && !line.contains { $0.isNewline }, "the text of an error is one line: \(line.debugDescription)")
}
