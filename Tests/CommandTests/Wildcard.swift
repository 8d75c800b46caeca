/// Whether a text is the pattern, with anything for each `*`.
func matches(_ text: String, _ pattern: String) -> Bool {
  let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
  guard let first = pieces.first, let last = pieces.last, text.hasPrefix(first), text.hasSuffix(last) else {
    return false
  }
  var rest = text[...]
  for piece in pieces where !piece.isEmpty {
    guard let range = rest.firstRange(of: piece) else { return false }
    rest = rest[range.upperBound...]
  }
  return pieces.count > 1 || text == pattern
}
