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

  private let kind: Kind
  /// Of the forward pass.
  private let forward: ReductionLayout
  private let outputs: Int
  /// How the product walks the panels.
  public let layout: ReductionLayout

  /// - Parameters:
  ///   - forward: of the forward pass.
  ///   - outputs: output channels of the forward pass.
  public init(_ kind: Kind, _ forward: ReductionLayout, outputs: Int) {
    (self.kind, self.forward, self.outputs) = (kind, forward, outputs)
    let groups = forward.channelGroups.count
    layout =
      switch kind {
      case .forward: forward
      case .flipped:
        ReductionLayout(
          kernelHeight: forward.kernelHeight, kernelWidth: forward.kernelWidth,
          dilationHeight: forward.dilationHeight, dilationWidth: forward.dilationWidth, channels: outputs,
          groups: ChannelGroups(groups, outputs: forward.channels))
      case .columns:
        ReductionLayout(
          kernelHeight: 1, kernelWidth: 1, channels: outputs,
          groups: ChannelGroups(groups, outputs: forward.channels, rounds: forward.taps))
      }
  }

  /// Columns of the product.
  public var columns: Int {
    switch kind {
    case .forward: outputs
    case .flipped: forward.channels
    case .columns: forward.taps * forward.channels
    }
  }

  /// Whether the panels are those of the forward pass.
  public var isForward: Bool { kind == .forward }

  /// Elements of all panels.
  public var count: Int { PanelLayout.padded(columns) * layout.depth }

  /// Stores the weights of output channel `n`. Padding is left as it is: zero it first.
  public func put(_ row: UnsafePointer<Float>, output n: Int, into panels: UnsafeMutablePointer<Float>) {
    let (taps, channels, first) = (forward.taps, forward.groupChannels, forward.firstChannel(of: n))
    for tap in 0..<taps {
      for c in 0..<channels {
        let channel = first + c
        let place =
          switch kind {
          case .forward: layout.place(column: n, tap: tap, channel: channel)
          case .flipped: layout.place(column: channel, tap: taps - 1 - tap, channel: n)
          case .columns: layout.place(column: tap * forward.channels + channel, tap: 0, channel: n)
          }
        panels[place] = row[tap * channels + c]
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
