/// Maps values in order, several at once: each lane takes the next value in its turn and works on it on a thread of its own.
final class Lanes<Element> {
  private let lanes: [Ahead<Element>]
  private var position = 0

  /// Starts with the first values at once.
  ///
  /// - Parameters:
  ///   - next: the next value; nil after the last. Called by one lane after the other.
  ///   - map: called by all lanes at once.
  init<Value>(_ count: Int, next: @escaping () -> Value?, map: @escaping (Value) -> Element) {
    let turns = (0..<count).map { Semaphore($0 == 0 ? 1 : 0) }
    lanes = (0..<count).map { lane in
      Ahead {
        turns[lane].wait()
        let value = next()
        turns[(lane + 1) % count].signal()
        return value.map(map)
      }
    }
  }

  /// The next value, as soon as it is there; nil after the last.
  func next() -> Element? {
    defer { position += 1 }
    return lanes[position % lanes.count].next()
  }
}
