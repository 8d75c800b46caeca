/// Where the weights of a convolution lie in panels, `[outputs / 16][depth][16]`, for the forward pass and for the gradient.
///
/// Weights arrive one output channel at a time, as rows `[kernelHeight, kernelWidth, channels]`, so that no layer is ever held
/// in another layout as a whole.
public struct PanelPacking: Sendable {
  public enum Kind: Sendable {
    /// As the forward pass reads them.
    case forward
    /// Kernel turned around, inputs and outputs exchanged: the gradient of a convolution of stride 1 is a convolution.
    case flipped
    /// One row per kernel element and input channel: multiplied by an output's gradient they give the gradients of its window.
    case columns
  }

  public let kind: Kind
  let taps, channels, outputs: Int

  public init(_ kind: Kind, taps: Int, channels: Int, outputs: Int) {
    (self.kind, self.taps, self.channels, self.outputs) = (kind, taps, channels, outputs)
  }

  private static func stored(_ channels: Int) -> Int { PanelLayout.groups(channels) * PanelLayout.group }

  /// Elements of the reduction dimension in memory.
  var depth: Int {
    switch kind {
    case .forward: taps * Self.stored(channels)
    case .flipped: taps * Self.stored(outputs)
    case .columns: Self.stored(outputs)
    }
  }

  /// Columns of the product.
  var columns: Int {
    switch kind {
    case .forward: outputs
    case .flipped: channels
    case .columns: taps * channels
    }
  }

  /// Elements of all panels.
  public var count: Int { PanelLayout.padded(columns) * depth }

  /// Stores the weights of output channel `n`. Padding is left as it is: zero it first.
  public func put(_ row: UnsafePointer<Float>, output n: Int, into panels: UnsafeMutablePointer<Float>) {
    let width = PanelLayout.width
    switch kind {
    case .forward:
      let panel = panels + n / width * depth * width + n % width
      for tap in 0..<taps {
        for c in 0..<channels { panel[(tap * Self.stored(channels) + c) * width] = row[tap * channels + c] }
      }
    case .flipped:
      for tap in 0..<taps {
        let k = (taps - 1 - tap) * Self.stored(outputs) + n
        for c in 0..<channels {
          panels[(c / width * depth + k) * width + c % width] = row[tap * channels + c]
        }
      }
    case .columns:
      for column in 0..<columns {
        panels[(column / width * depth + n) * width + column % width] = row[column]
      }
    }
  }
}

/// Rounds Float panels `[panels][depth][16]` to bf16 pairs `[panels][depth / 2][16][2]`.
public func roundPanels(_ panels: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<UInt16>) {
  let width = PanelLayout.width
  for pair in 0..<count / (2 * width) {
    let source = panels + pair * 2 * width
    let result = target + pair * 2 * width
    for n in 0..<width {
      result[2 * n] = Reference.bfloat16(source[n])
      result[2 * n + 1] = Reference.bfloat16(source[width + n])
    }
  }
}
