import Glibc

/// A line on the terminal that says how far a long run is; silent elsewhere and for a single input.
final class Progress {
  private let count: Int
  private let isShown: Bool
  private var done = 0

  /// - Parameter count: inputs to come; nil when that is not known.
  init(count: Int?) {
    self.count = count ?? 0
    isShown = self.count > 1 && isatty(STDERR_FILENO) == 1
  }

  /// One more input is done.
  func advance() {
    done += 1
    draw()
  }

  /// Prints a line above the progress.
  func say(_ line: String) {
    clear()
    printError(line)
    draw()
  }

  /// Takes the line away.
  func clear() {
    if isShown { write("\r\u{1B}[K") }
  }

  private func draw() {
    guard isShown, done < count else { return }
    let width = 30
    let filled = done * width / count
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    write("\r[\(bar)] \(done)/\(count)")
  }

  private func write(_ text: String) {
    try? Array(text.utf8).withUnsafeBytes { try writeAll($0, to: STDERR_FILENO, subject: "standard error") }
  }
}
