/// What an explanation looks like.
public enum RenderStyle: String, Sendable, CaseIterable {
  /// The photograph with the heat on top; cold parts stay as they are.
  case overlay
  /// The colours of the heat alone.
  case heatmap
  /// The saliency itself, 8-bit grey.
  case mask
  /// The photograph times the saliency: what is not salient is black.
  case masked
  /// The photograph and an overlay for each class side by side, with captions.
  case panel
}
