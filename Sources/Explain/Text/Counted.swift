/// A number and what it counts: `1 box`, `2 boxes`.
///
/// - Parameter plural: the word for other numbers than one; nil adds an s.
public func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
