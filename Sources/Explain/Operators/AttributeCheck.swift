/// Refuses an attribute that no operator could compute.
func checkAttribute(
  _ attribute: String, _ value: Int, _ range: ClosedRange<Int>, node: String
) throws(GraphError) {
  guard range.contains(value) else { throw .badAttribute(node: node, attribute: attribute, value: value) }
}

extension Shape {
  /// Refuses an image of several rows.
  func checkTokens(node: String) throws(GraphError) {
    guard height == 1 else { throw .notTokens(node: node, self) }
  }
}
