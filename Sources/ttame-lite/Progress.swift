import Glibc
import Synchronization

/// A line on the terminal that says how far a long run is; silent elsewhere and for a single input that takes no time.
///
/// Any thread may call it.
final class Progress: Sendable {
  private struct State {
    var done = 0
    /// Passes of the input that is being explained, done and to do.
    var passes: (done: Int, total: Int)?
  }

  private let count: Int
  private let isShown: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - count: inputs to come; nil when that is not known.
  ///   - showsPasses: whether single inputs take long, so that their passes are shown.
  init(count: Int?, showsPasses: Bool = false) {
    self.count = count ?? 0
    isShown = (self.count > 1 || showsPasses) && isatty(STDERR_FILENO) == 1
  }

  /// One more input is done.
  func advance() {
    state.withLock { state in
      state.done += 1
      state.passes = nil
      draw(state)
    }
  }

  /// One more pass for the same input is done.
  func show(pass: Int, of total: Int) {
    state.withLock { state in
      state.passes = pass < total ? (pass, total) : nil
      draw(state)
    }
  }

  /// Prints a line above the progress.
  func say(_ line: String) {
    state.withLock { state in
      erase()
      printError(line)
      draw(state)
    }
  }

  /// Takes the line away.
  func clear() {
    state.withLock { _ in erase() }
  }

  private func erase() {
    if isShown { write("\r\u{1B}[K") }
  }

  private func draw(_ state: State) {
    guard isShown, state.done < count || state.passes != nil else { return }
    let width = 30
    let share = state.passes.map { Double($0.done) / Double($0.total) } ?? 0
    let filled = Int((Double(state.done) + share) / Double(max(1, count)) * Double(width))
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let pass = state.passes.map { ", pass \($0.done)/\($0.total)" } ?? ""
    write("\r\u{1B}[K[\(bar)] \(state.done)/\(count)\(pass)")
  }

  private func write(_ text: String) {
    try? Array(text.utf8).withUnsafeBytes { try writeAll($0, to: STDERR_FILENO, subject: "standard error") }
  }
}
