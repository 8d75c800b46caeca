import CShim

/// How the weights of a convolution or linear layer lie in memory and in a model file.
///
/// Output channels come in panels of 16, the reduction dimension K in groups of 4, so that one group of one panel is
/// 64 bytes of int8: `[N/16][groups][16][4]`. One 512-bit, two 256-bit or four 128-bit loads fetch it, and every integer
/// dot product (`vpdpbusd`, `sdot`) consumes it as it is. Float weights use `[N/16][4 * groups][16]`.
public enum PanelLayout {
  /// Output channels per panel.
  public static let width = panel_width
  /// Consecutive K elements that one integer dot product consumes.
  public static let group = 4
  /// Longest reduction that is summed in Int32 before it is scaled and accumulated in Float.
  public static let block = block_length

  /// Panels that hold `channels` output channels.
  public static func panels(_ channels: Int) -> Int { (channels + width - 1) / width }

  /// Groups that hold `length` elements of K.
  static func groups(_ length: Int) -> Int { (length + group - 1) / group }

  /// Blocks that hold `channels` input channels.
  static func blocks(_ channels: Int) -> Int { (channels + block - 1) / block }

  /// `channels` rounded up to whole panels.
  public static func padded(_ channels: Int) -> Int { panels(channels) * width }
}
