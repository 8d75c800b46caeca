import Glibc

/// A line on the terminal that says how far a long run is; silent elsewhere and for a single input that takes no time.
final class Progress {
  private let count: Int
  private let isShown: Bool
  private var done = 0
  /// Passes of the input that is being explained, done and to do.
  private var passes: (done: Int, total: Int)?

  /// - Parameters:
  ///   - count: inputs to come; nil when that is not known.
  ///   - showsPasses: whether single inputs take long, so that their passes are shown.
  init(count: Int?, showsPasses: Bool = false) {
    self.count = count ?? 0
    isShown = (self.count > 1 || showsPasses) && isatty(STDERR_FILENO) == 1
  }

  /// One more input is done.
  func advance() {
    done += 1
    passes = nil
    draw()
  }

  /// One more pass for the same input is done.
  func show(pass: Int, of total: Int) {
    passes = pass < total ? (pass, total) : nil
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
    guard isShown, done < count || passes != nil else { return }
    let width = 30
    let share = passes.map { Double($0.done) / Double($0.total) } ?? 0
    let filled = Int((Double(done) + share) / Double(max(1, count)) * Double(width))
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let pass = passes.map { ", pass \($0.done)/\($0.total)" } ?? ""
    write("\r\u{1B}[K[\(bar)] \(done)/\(count)\(pass)")
  }

  private func write(_ text: String) {
    try? Array(text.utf8).withUnsafeBytes { try writeAll($0, to: STDERR_FILENO, subject: "standard error") }
  }
}
