/// What a kernel is given: the shape of a layer. Images are `[height, width, channels]`, tokens `[1, rows, channels]`.
public enum KernelShape: Hashable, Sendable {
  case convolution(ConvolutionShape)
  /// Levels with scales of an image that is padded by `padding` pixels all around.
  case quantize(height: Int, width: Int, channels: Int, padding: Int, hasOneScale: Bool)
  case depthwise(WindowShape)
  case maxPool(WindowShape)
  case averagePool(pixels: Int, channels: Int)
  case add(count: Int)
  case gelu(count: Int)
  case layerNorm(rows: Int, channels: Int)
  case attention(tokens: Int, channels: Int, heads: Int)
  case softmax(count: Int)
  /// Dot products of every pixel with one row of weights.
  case project(pixels: Int, channels: Int)
  /// A square plane enlarged.
  case bilinear(side: Int, outputSide: Int)
}

/// A dense convolution with just enough padding for `ceil(size / stride)` outputs; a linear layer has a kernel of 1.
public struct ConvolutionShape: Hashable, Sendable {
  public var height, width, channels, outputs: Int
  public var kernel = 1
  public var stride = 1
  /// Whether activations may be negative.
  public var isSigned = false
  public var hasResidual = false
  /// Float activations and weights in place of int8.
  public var isFloat = false
  /// Padding of the result where it is wanted as levels, after a ReLU; the residual comes as levels then, too. Nil: Floats.
  public var quantizedPadding: Int?

  public init(
    height: Int, width: Int, channels: Int, outputs: Int, kernel: Int = 1, stride: Int = 1, isSigned: Bool = false,
    hasResidual: Bool = false, isFloat: Bool = false, quantizedPadding: Int? = nil
  ) {
    (self.height, self.width, self.channels, self.outputs) = (height, width, channels, outputs)
    (self.kernel, self.stride) = (kernel, stride)
    (self.isSigned, self.hasResidual, self.isFloat) = (isSigned, hasResidual, isFloat)
    self.quantizedPadding = quantizedPadding
  }

  var window: WindowShape {
    WindowShape(height: height, width: width, channels: channels, kernel: kernel, stride: stride)
  }
  var layout: ReductionLayout { ReductionLayout(kernelHeight: kernel, kernelWidth: kernel, channels: channels) }
  /// Weights, those that fill up panels included.
  public var weightCount: Int { PanelLayout.panels(outputs) * layout.panelBytes }

  var prepared: PreparedInput {
    let element: PreparedInput.Element =
      isFloat
      ? .float
      : layout.mergesPixels ? .quantizedWithOneScale(isSigned: isSigned) : .quantized(isSigned: isSigned)
    let (top, bottom) = window.padding(height)
    let (left, right) = window.padding(width)
    return PreparedInput(
      element: element, height: height, width: width, channels: channels, top: top, left: left, bottom: bottom,
      right: right)
  }

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
  fileprivate func outputBytes(_ format: ActivationFormat) -> Int {
    let floats = outputCount * MemoryLayout<Float>.size
    return (quantizedOutput?.storedBytes(format) ?? floats)
      + (hasResidual ? residualForm?.storedBytes(format) ?? floats : 0)
  }
}

/// A window that slides over an image, with just enough padding for `ceil(size / stride)` outputs.
public struct WindowShape: Hashable, Sendable {
  public var height, width, channels, kernel, stride: Int

  public init(height: Int, width: Int, channels: Int, kernel: Int, stride: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.kernel, self.stride) = (kernel, stride)
  }

  var outputHeight: Int { (height + stride - 1) / stride }
  var outputWidth: Int { (width + stride - 1) / stride }

  /// Pixels of padding before and after `size` pixels.
  func padding(_ size: Int) -> (Int, Int) {
    let total = max(0, ((size + stride - 1) / stride - 1) * stride + kernel - size)
    return (total / 2, total - total / 2)
  }

  var geometry: WindowGeometry {
    WindowGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel, stride: stride,
      top: padding(height).0, left: padding(width).0, outputHeight: outputHeight, outputWidth: outputWidth)
  }
  var outputCount: Int { outputHeight * outputWidth * channels }
}

extension KernelShape: CustomStringConvertible {
  /// The kernel that has this shape.
  public var kernel: String {
    switch self {
    case .convolution(let c): c.isFloat ? "gemm-f32" : "gemm-int8"
    case .quantize: "quantize"
    case .depthwise: "depthwise"
    case .maxPool: "max-pool"
    case .averagePool: "average-pool"
    case .add: "add"
    case .gelu: "gelu"
    case .layerNorm: "layer-norm"
    case .attention: "attention"
    case .softmax: "softmax"
    case .project: "project"
    case .bilinear: "bilinear"
    }
  }

  public var description: String {
    switch self {
    case .convolution(let c):
      "\(c.height)x\(c.width)x\(c.channels)->\(c.outputs)"
        + (c.kernel > 1 || c.stride > 1 ? " \(c.kernel)x\(c.kernel)/\(c.stride)" : "") + (c.hasResidual ? " +" : "")
        + (c.quantizedPadding.map { $0 > 0 ? " levels pad \($0)" : " levels" } ?? "")
    case .quantize(let height, let width, let channels, let padding, let hasOneScale):
      "\(height)x\(width)x\(channels)" + (padding > 0 ? " pad \(padding)" : "") + (hasOneScale ? " one scale" : "")
    case .depthwise(let w), .maxPool(let w):
      "\(w.height)x\(w.width)x\(w.channels) \(w.kernel)x\(w.kernel)/\(w.stride)"
    case .averagePool(let pixels, let channels), .project(let pixels, let channels): "\(pixels)x\(channels)"
    case .add(let count), .gelu(let count), .softmax(let count): "\(count)"
    case .layerNorm(let rows, let channels): "\(rows)x\(channels)"
    case .attention(let tokens, let channels, let heads): "\(tokens)x\(channels) \(heads) heads"
    case .bilinear(let side, let outputSide): "\(side)x\(side)->\(outputSide)x\(outputSide)"
    }
  }

  /// Multiply-accumulates; 0 where the kernel's work is of another kind.
  public var macs: Int {
    switch self {
    case .convolution(let c):
      c.outputCount * c.kernel * c.kernel * c.channels
    case .depthwise(let w): w.outputCount * w.kernel * w.kernel
    case .attention(let tokens, let channels, _): 2 * tokens * tokens * channels
    case .project(let pixels, let channels): pixels * channels
    default: 0
    }
  }

  /// Bytes read and written at least, each once.
  func bytes(_ format: ActivationFormat) -> Int {
    let float = MemoryLayout<Float>.size
    switch self {
    case .convolution(let c):
      return c.prepared.storedBytes(format) + c.outputBytes(format) + c.weightCount * (c.isFloat ? float : 1)
    case .quantize(let height, let width, let channels, let padding, let hasOneScale):
      let form = Self.quantized(height, width, channels, padding, hasOneScale)
      return height * width * channels * float + form.storedBytes(format)
    case .depthwise(let w):
      let weights = PanelLayout.padded(w.channels) * (w.kernel * w.kernel + 2 * float)
      return (w.height * w.width * w.channels + w.outputCount) * float + weights
    case .maxPool(let w): return (w.height * w.width * w.channels + w.outputCount) * float
    case .averagePool(let pixels, let channels): return (pixels + 1) * channels * float
    case .add(let count): return 3 * count * float
    case .gelu(let count), .softmax(let count): return 2 * count * float
    case .layerNorm(let rows, let channels): return 2 * (rows + 1) * channels * float
    case .attention(let tokens, let channels, _): return 4 * tokens * channels * float
    case .project(let pixels, let channels): return (pixels * channels + channels + pixels) * float
    case .bilinear(let side, let outputSide): return (side * side + outputSide * outputSide) * float
    }
  }

  /// Whether multiply-accumulates are done in Float.
  var isFloat: Bool {
    if case .convolution(let c) = self { c.isFloat } else { true }
  }

  /// Whether results depend on the format of quantized activations.
  var dependsOnFormat: Bool {
    switch self {
    case .convolution(let c): !c.isFloat
    case .quantize: true
    default: false
    }
  }

  /// Whether levels are those of sums, whose rounding may make a level another.
  var quantizesSums: Bool {
    if case .convolution(let c) = self { c.quantizedPadding != nil } else { false }
  }

  /// Largest |result - expected| that rounding explains, against the scalar reference: as a share of |expected| and the
  /// results' root mean square together.
  var tolerance: Float {
    switch self {
    // Rounding grows with the square root of the reduction; 32 leaves room for the worst of many outputs.
    case .convolution(let c) where c.isFloat:
      32 * Float.ulpOfOne * Float(c.kernel * c.kernel * c.channels).squareRoot()
    // Int32 sums are exact; only the Float accumulation over blocks may round differently.
    case .convolution(let c): 4 * Float.ulpOfOne * Float(c.layout.blocks + 2)
    case .depthwise(let w): 32 * Float.ulpOfOne * Float(w.kernel)
    case .averagePool(let pixels, _): 4 * Float.ulpOfOne * Float(pixels).squareRoot()
    case .project(_, let channels): 32 * Float.ulpOfOne * Float(channels).squareRoot()
    case .layerNorm(_, let channels): 4 * Float.ulpOfOne * Float(channels).squareRoot()
    case .attention: 1e-5
    case .gelu: 1e-6
    case .softmax(let count): 4 * Float.ulpOfOne * Float(count).squareRoot()
    case .bilinear: 4 * Float.ulpOfOne
    case .quantize, .maxPool, .add: 0
    }
  }

  static func quantized(
    _ height: Int, _ width: Int, _ channels: Int, _ padding: Int, _ hasOneScale: Bool
  ) -> PreparedInput {
    PreparedInput(
      element: hasOneScale ? .quantizedWithOneScale(isSigned: true) : .quantized(isSigned: true), height: height,
      width: width, channels: channels, top: padding, left: padding, bottom: padding, right: padding)
  }
}
