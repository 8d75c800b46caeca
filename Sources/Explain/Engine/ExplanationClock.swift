/// Times the two parts of an explanation: the pass that yields the logits, and what makes the maps after it.
struct ExplanationClock {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var forwardEnd: ContinuousClock.Instant

  /// Starts the first part.
  init() {
    start = clock.now
    forwardEnd = start
  }

  /// The logits are there; the second part starts.
  mutating func endForward() { forwardEnd = clock.now }

  /// Ends the second part.
  func explanation(logits: [Float], maps: [ClassMap], passes: PassCount = PassCount(forward: 1)) -> Explanation {
    Explanation(
      logits: logits, maps: maps, forward: start.duration(to: forwardEnd), head: forwardEnd.duration(to: clock.now),
      passes: passes)
  }
}
