/// A dense convolution with just enough padding for `ceil(size / stride)` outputs; a linear layer has a kernel of 1.
public struct ConvolutionShape: Hashable, Sendable {
  public var height, width, channels, outputs: Int
  public var kernel = 1
  public var stride = 1
  /// Pixels from tap to tap.
  public var dilation = 1
  /// Of channels that are convolved by themselves.
  public var groups = 1
  /// Whether activations may be negative.
  public var isSigned = false
  public var hasResidual = false
  /// Float activations and weights in place of int8.
  public var isFloat = false
  /// Whether the input is a picture, whose pixels are exact levels.
  public var readsPixels = false
  /// Padding of the result where it is wanted as levels, after a ReLU; the residual comes as levels then, too. Nil: Floats.
  public var quantizedPadding: Int?

  public init(
    height: Int, width: Int, channels: Int, outputs: Int, kernel: Int = 1, stride: Int = 1, dilation: Int = 1,
    groups: Int = 1, isSigned: Bool = false, hasResidual: Bool = false, isFloat: Bool = false,
    readsPixels: Bool = false, quantizedPadding: Int? = nil
  ) {
    (self.height, self.width, self.channels, self.outputs) = (height, width, channels, outputs)
    (self.kernel, self.stride, self.dilation, self.groups) = (kernel, stride, dilation, groups)
    (self.isSigned, self.hasResidual, self.isFloat) = (isSigned, hasResidual, isFloat)
    (self.readsPixels, self.quantizedPadding) = (readsPixels, quantizedPadding)
  }

  var window: WindowShape {
    WindowShape(
      height: height, width: width, channels: channels, kernel: kernel, stride: stride, dilation: dilation)
  }
  var layout: ReductionLayout {
    ReductionLayout(
      kernelHeight: kernel, kernelWidth: kernel, dilationHeight: dilation, dilationWidth: dilation, channels: channels,
      groups: ChannelGroups(groups, outputs: outputs))
  }
  /// Weights, those that fill up panels included.
  public var weightCount: Int { PanelLayout.panels(outputs) * layout.panelBytes }

  var prepared: PreparedInput {
    let element: PreparedInput.Element =
      isFloat
      ? .float
      : readsPixels
        // 0...2 are all levels.
        ? .pixels(PixelLevels(mean: [0, 0, 0], std: [0.5, 0.5, 0.5]))
        : layout.sharesScale ? .quantizedWithOneScale(isSigned: isSigned) : .quantized(isSigned: isSigned)
    let (top, bottom) = window.padding(height)
    let (left, right) = window.padding(width)
    return PreparedInput(
      element: element, height: height, width: width, channels: channels, top: top, left: left, bottom: bottom,
      right: right)
  }

  /// Weights that an output is multiplied by.
  var macsPerOutput: Int { kernel * kernel * channels / groups }
  var outputCount: Int { window.outputHeight * window.outputWidth * outputs }
  var quantizedOutput: PreparedInput? { quantizedPadding.map(levels) }
  var residualForm: PreparedInput? { hasResidual && quantizedPadding != nil ? levels(padding: 0) : nil }

  /// Levels of something like the output.
  private func levels(padding: Int) -> PreparedInput {
    PreparedInput(
      element: .quantized(isSigned: false), height: window.outputHeight, width: window.outputWidth, channels: outputs,
      top: padding, left: padding, bottom: padding, right: padding)
  }

  /// Bytes of the result and of the residual.
  func outputBytes(_ format: ActivationFormat) -> Int {
    let floats = outputCount * MemoryLayout<Float>.size
    return (quantizedOutput?.storedBytes(format) ?? floats)
      + (hasResidual ? residualForm?.storedBytes(format) ?? floats : 0)
  }
}
