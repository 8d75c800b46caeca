/// How a picture of any shape becomes the square that a network sees.
public enum Fit: String, Sendable, Codable, CaseIterable {
  /// Its centre: the shorter side is resized to `Preprocessing.resize`, and what lies further out is not seen.
  case crop
  /// All of it, squeezed into the square.
  case squash
  /// All of it in its own shape, between bars of the mean colour.
  case letterbox
}
