/// How a picture of any shape becomes the rectangle that a network sees.
public enum Fit: String, Sendable, Codable, CaseIterable {
  /// Its centre, in its own shape; what lies further out is not seen.
  case crop
  /// All of it, squeezed into the rectangle.
  case squash
  /// All of it, squeezed into the rectangle that `Preprocessing.resize` stands for, of which the centre is cut out.
  case squashCrop = "squash-crop"
  /// All of it in its own shape, between bars.
  case letterbox
  /// Its centre, pixel by pixel; smaller pictures get bars.
  case none

  /// Whether `Preprocessing.resize` counts.
  public var isResizedFirst: Bool {
    switch self {
    case .crop, .squashCrop: true
    case .squash, .letterbox, .none: false
    }
  }
}
