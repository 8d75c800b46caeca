import CShim

/// Weights of a dense layer, as they lie in the model file.
public struct DenseWeights: @unchecked Sendable {
  /// int8 or Float panels.
  public var panels: UnsafeRawPointer
  /// Per-channel scales, `[panels * 16]`; nil for Float panels.
  public var scale: UnsafePointer<Float>?
  /// `[panels * 16]`.
  public var bias: UnsafePointer<Float>
  /// `[panels][blocks][16]`; nil for Float panels.
  public var columnSums: UnsafePointer<Int32>?
  /// What `ReductionLayout.pairsFit` says of the panels, or nothing.
  public var pairsFit: [UInt8]

  public init(
    panels: UnsafeRawPointer, scale: UnsafePointer<Float>?, bias: UnsafePointer<Float>,
    columnSums: UnsafePointer<Int32>?, pairsFit: [UInt8] = []
  ) {
    (self.panels, self.scale, self.bias, self.columnSums) = (panels, scale, bias, columnSums)
    self.pairsFit = pairsFit
  }
}

/// Lower and upper bound of an activation function that clamps: none, ReLU, ReLU6.
public struct Clamp: Sendable, Equatable {
  public var lower, upper: Float
  public init(lower: Float, upper: Float) { (self.lower, self.upper) = (lower, upper) }
  public static let none = Clamp(lower: -.infinity, upper: .infinity)
  public static let relu = Clamp(lower: 0, upper: .infinity)
  public static let relu6 = Clamp(lower: 0, upper: 6)
}

/// A function that the kernel `activate` computes.
public typealias ActivationKernel = activation_function

/// What happens to a sum before it is written.
public struct Epilogue: Sendable, Equatable {
  public var clamp: Clamp
  /// After the clamp.
  public var function: ActivationKernel?
  public init(clamp: Clamp = .none, function: ActivationKernel? = nil) {
    (self.clamp, self.function) = (clamp, function)
  }
}

/// What is added to a convolution before its activation function, `[outputHeight, outputWidth, outputChannels]`.
///
/// Floats are read in whole vectors: up to 15 more than there are, which need not be initialised.
public enum Residual: @unchecked Sendable {
  case float(UnsafePointer<Float>)
  /// Levels of a form that `isResidual`, and their scales.
  case quantized(PreparedInput, levels: UnsafeRawPointer, scales: UnsafePointer<Float>)
}

/// A dense convolution over a prepared input, planned once: implicit GEMM, in which every output pixel is a row whose
/// reduction walks the input in place (no im2col buffer). A linear layer is the 1 x 1 case.
public struct ConvolutionPlan: Sendable {
  public let input: PreparedInput
  public let layout: ReductionLayout
  public let outputHeight, outputWidth, outputChannels: Int
  let stride, top, left: Int
  let runs: ConvolutionRuns
  let chunks: ConvolutionChunks

  /// Multiply-accumulate operations.
  public var macs: Int {
    outputHeight * outputWidth * outputChannels * layout.taps * layout.groupChannels
  }

  /// True if the threads are kept busy by chunks that can each quantize what they computed.
  public var canQuantizeOutput: Bool { chunks.canQuantizeOutput }

  /// - Parameters:
  ///   - top: padding above the image that the first output row sees, at most what `input` carries; `left` likewise.
  ///   - output: the quantized form that is wanted of the result.
  /// - Precondition: every window lies inside the padded input.
  public init(
    input: PreparedInput, layout: ReductionLayout, stride: Int, top: Int, left: Int, outputHeight: Int,
    outputWidth: Int, outputChannels: Int, quantizedOutput output: PreparedInput? = nil, context: ExecutionContext
  ) {
    require(top <= input.top && left <= input.left, "windows inside the padded input")
    require(
      input.top - top + (outputHeight - 1) * stride + layout.extentHeight <= input.paddedHeight
        && input.left - left + (outputWidth - 1) * stride + layout.extentWidth <= input.paddedWidth,
      "windows inside the padded input")
    require(input.channels == layout.channels, "weights for the input's channels")
    self.input = input
    self.layout = layout
    (self.stride, self.top, self.left) = (stride, top, left)
    (self.outputHeight, self.outputWidth, self.outputChannels) = (outputHeight, outputWidth, outputChannels)
    runs = ConvolutionRuns(
      layout, over: input, columns: outputChannels, format: context.kernels.activationFormat)
    chunks = ConvolutionChunks(
      rows: outputHeight * outputWidth, columns: outputChannels,
      reduction: layout.depth * input.elementSize,
      bytesPerRow: input.storedChannels * input.elementSize * stride * stride, wantsQuantized: output != nil,
      tileRows: context.kernels.functions.tileRows, threads: context.pool.threads)
  }
}

/// What a convolution reads.
public struct ConvolutionOperands: @unchecked Sendable {
  /// In the plan's form.
  public var input: UnsafeRawPointer
  /// As many as the form has; nil if that is none.
  public var scales: UnsafePointer<Float>?
  public var weights: DenseWeights
  public var residual: Residual?

  public init(
    input: UnsafeRawPointer, scales: UnsafePointer<Float>?, weights: DenseWeights, residual: Residual? = nil
  ) {
    (self.input, self.scales, self.weights, self.residual) = (input, scales, weights, residual)
  }
}

extension ExecutionContext {
  /// `epilogue(convolution + bias[n] + residual[pixel, n])`, all `[outputHeight, outputWidth, outputChannels]`.
  ///
  /// - Parameters:
  ///   - output: Float; nil where only the quantized form is wanted.
  ///   - quantized: only if the plan `canQuantizeOutput`.
  public func convolution(
    _ plan: ConvolutionPlan, _ operands: ConvolutionOperands, epilogue: Epilogue, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput? = nil
  ) {
    require(output != nil || quantized != nil, "somewhere to write to")
    require(quantized == nil || plan.canQuantizeOutput, "chunks of whole blocks, to quantize them")
    pool.run(chunks: plan.chunks.count) { index in
      let chunk = plan.chunks[index]
      let width = chunk.columns.count
      let gemmBytes = GemmScratch.byteCount(rows: chunk.rows.count)
      let memory = threadScratch(
        gemmBytes + (output == nil ? chunk.rows.count * width * MemoryLayout<Float>.size : 0))
      let stride = output == nil ? width : plan.outputChannels
      // First row and column of the chunk.
      let target =
        output.map { $0 + chunk.rows.lowerBound * stride + chunk.columns.lowerBound }
        ?? (memory + gemmBytes).assumingMemoryBound(to: Float.self)
      convolve(
        plan, operands, clamp: epilogue.clamp, rows: chunk.rows, columns: chunk.columns, scratch: GemmScratch(memory),
        isOutputCold: output != nil
      ) { _, _, row in target + row * stride }
      finish(target, stride: stride, pixels: chunk.rows, columns: chunk.columns, epilogue, into: quantized)
    }
  }

  /// Applies an epilogue's function to some pixels and channels of a convolution, and quantizes them.
  ///
  /// - Parameters:
  ///   - output: first of the pixels, first of the columns.
  ///   - stride: Floats from pixel to pixel.
  ///   - columns: whole blocks of 256 where they are quantized.
  func finish(
    _ output: UnsafeMutablePointer<Float>, stride: Int, pixels: Range<Int>, columns: Range<Int>, _ epilogue: Epilogue,
    into quantized: QuantizedOutput?
  ) {
    if let function = epilogue.function {
      for pixel in 0..<pixels.count {
        kernels.functions.activate(function, output + pixel * stride, output + pixel * stride, columns.count)
      }
    }
    if let quantized {
      let blocks = columns.lowerBound / PanelLayout.block..<PanelLayout.blocks(columns.upperBound)
      quantize(output, stride: stride, pixels: pixels, blocks: blocks, into: quantized)
    }
  }

  /// Some pixels and channels of a convolution, in the calling thread.
  ///
  /// - Parameters:
  ///   - rows: output pixels.
  ///   - columns: output channels, from a multiple of 16.
  ///   - scratch: for as many rows.
  ///   - isOutputCold: whether the output is not expected in the cache.
  ///   - outputPanel: Floats from 16 channels of a pixel to the next 16.
  ///   - output: where the first of the columns goes, by the pixel's y, its x, and its number among the rows.
  func convolve(
    _ plan: ConvolutionPlan, _ operands: ConvolutionOperands, clamp: Clamp, rows: Range<Int>, columns: Range<Int>,
    scratch: GemmScratch, isOutputCold: Bool, outputPanel: Int = PanelLayout.width,
    output: (_ y: Int, _ x: Int, _ row: Int) -> UnsafeMutablePointer<Float>
  ) {
    var task = plan.task(rows, columns, operands, scratch: scratch, kernels, outputPanel: outputPanel, output: output)
    task.is_output_cold = isOutputCold ? 1 : 0
    (task.lower, task.upper) = (clamp.lower, clamp.upper)
    operands.weights.pairsFit.withUnsafeBufferPointer { pairsFit in
      task.pairs_fit = pairsFit.isEmpty ? nil : pairsFit.baseAddress
      plan.runs.forEachPart(of: task) {
        plan.input.element == .float ? kernels.functions.gemmFloat($0) : kernels.functions.gemmInt8($0)
      }
    }
  }
}

extension ConvolutionPlan {
  /// The GEMM of some pixels and channels; the same parameters as `convolve`.
  fileprivate func task(
    _ outputRows: Range<Int>, _ columns: Range<Int>, _ operands: ConvolutionOperands, scratch: GemmScratch,
    _ kernels: KernelTable, outputPanel: Int, output: (_ y: Int, _ x: Int, _ row: Int) -> UnsafeMutablePointer<Float>
  ) -> gemm_task {
    let bytesPerPixel = input.pixelBytes(kernels.activationFormat)
    var (y, x) = outputRows.lowerBound.quotientAndRemainder(dividingBy: outputWidth)
    for i in 0..<outputRows.count {
      let pixel = (y * stride - top + input.top) * input.paddedWidth + x * stride - left + input.left
      var row = scratch.row(
        activations: operands.input + pixel * bytesPerPixel,
        scales: operands.scales.map { $0 + pixel * input.blocks },
        output: output(y, x, i) - columns.lowerBound / PanelLayout.width * outputPanel)
      let outputPixel = outputRows.lowerBound + i
      switch operands.residual {
      case nil: break
      case .float(let values): row.residual = values + outputPixel * outputChannels
      case .quantized(let form, let levels, let scales):
        row.residual = scratch.widenedResidual(row: i, tileRows: kernels.functions.tileRows)
        row.residual_levels = levels.assumingMemoryBound(to: UInt8.self) + outputPixel * form.storedChannels
        row.residual_scales = scales + outputPixel * form.blocks
      }
      scratch.rows[i] = row
      x += 1
      if x == outputWidth { (x, y) = (0, y + 1) }
    }
    var task = scratch.task(rows: outputRows.count)
    task.blocks = layout.blocks
    task.weights = operands.weights.panels
    task.panel_stride = layout.panelBytes * input.elementSize
    task.weight_scales = operands.weights.scale
    task.bias = operands.weights.bias
    task.column_sums = operands.weights.columnSums
    task.has_words = input.hasWords(kernels.activationFormat) ? 1 : 0
    task.zero_point = kernels.activationFormat.zeroPoint(isSigned: input.isSigned)
    if case .float = operands.residual { task.residual_step = 1 }
    task.output_panel = outputPanel
    task.first_column = columns.lowerBound
    task.end_column = columns.upperBound
    return task
  }
}
