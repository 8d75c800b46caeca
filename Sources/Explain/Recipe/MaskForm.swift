/// Which form of its map masks an image in training.
public enum MaskForm: String, Sendable, CaseIterable, Codable {
  /// The sigmoid of the map, as in the paper.
  case attention
  /// Every second image by the map scaled to 0...1 by its own minimum and maximum, which is how a map is shown and judged: a
  /// sigmoid may saturate where the scaled map has a lonely peak.
  case mixed
  /// As `mixed`, but every second one of the scaled maps keeps its higher half alone, so that the order of all pixels counts: a
  /// scaled map that lets everything through has none.
  case graded
  /// Every image through a soft threshold of its map at a random quantile: what lies above it is kept and must keep the class, or
  /// is removed and must take the class with it. The order of the pixels is all that counts.
  case order
}
