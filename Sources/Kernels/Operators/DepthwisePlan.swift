import CShim

/// Weights of a depthwise convolution, as they lie in the model file; C = channels rounded up to 16.
public struct DepthwiseWeights: @unchecked Sendable {
  /// int8 `[taps, C]`, or nil.
  public var levels: UnsafePointer<Int8>?
  /// Float `[taps, C]`, or nil.
  public var floats: UnsafePointer<Float>?
  /// `[C]`; nil with Float weights.
  public var scale: UnsafePointer<Float>?
  /// `[C]`.
  public var bias: UnsafePointer<Float>

  public init(
    levels: UnsafePointer<Int8>?, floats: UnsafePointer<Float>?, scale: UnsafePointer<Float>?,
    bias: UnsafePointer<Float>
  ) {
    (self.levels, self.floats, self.scale, self.bias) = (levels, floats, scale, bias)
  }
}

/// A depthwise convolution, planned once.
public struct DepthwisePlan: @unchecked Sendable {
  public let geometry: WindowGeometry
  /// `[channels / 16][taps][16]`, channels rounded up to 16.
  fileprivate let weights: [Float]
  fileprivate let bias: UnsafePointer<Float>
  fileprivate let bands: DepthwiseBands

  /// - Parameter computesInput: whether the input is `DepthwiseInput.expansion`.
  public init(_ geometry: WindowGeometry, weights: DepthwiseWeights, computesInput: Bool = false, threads: Int) {
    (self.geometry, bias) = (geometry, weights.bias)
    bands = DepthwiseBands(geometry, isComputed: computesInput, threads: threads)
    let (width, taps) = (PanelLayout.width, geometry.kernelHeight * geometry.kernelWidth)
    let padded = PanelLayout.padded(geometry.channels)
    self.weights = [Float](unsafeUninitializedCapacity: taps * padded) { packed, count in
      for channel in 0..<padded {
        for tap in 0..<taps {
          let weight =
            weights.floats.map { $0[tap * padded + channel] }
            ?? Float(weights.levels?[tap * padded + channel] ?? 0) * (weights.scale?[channel] ?? 0)
          packed[(channel / width * taps + tap) * width + channel % width] = weight
        }
      }
      count = taps * padded
    }
  }

  /// Whether a dense convolution in front of a depthwise one is worth computing together with it: the rows that several
  /// bands need are computed by each.
  public static func isWorthFusing(_ geometry: WindowGeometry, threads: Int) -> Bool {
    DepthwiseBands(geometry, isComputed: true, threads: threads).cost < 1.12
  }
}

/// How a depthwise convolution is cut into pieces of work: bands of output rows by blocks of 256 channels.
///
/// A piece passes its band a few rows at a time, so that the input rows that it has made ready, with their padding, stay in
/// the L2 cache until they are read for the last time.
private struct DepthwiseBands {
  struct Piece {
    var rows: Range<Int>
    var channels: Range<Int>
  }

  private let geometry: WindowGeometry
  private let blocks, bands: Int
  /// Time over that of the same work without rows that are computed twice and without idle threads.
  let cost: Double

  var count: Int { blocks * bands }

  subscript(index: Int) -> Piece {
    let (block, band) = index.quotientAndRemainder(dividingBy: bands)
    let first = block * PanelLayout.block
    return Piece(
      rows: band * geometry.outputHeight / bands..<(band + 1) * geometry.outputHeight / bands,
      channels: first..<min(geometry.channels, first + PanelLayout.block))
  }

  /// Multiply-accumulates that are worth a piece of their own.
  private static let smallestPiece = 60_000
  /// What computing the input takes of the time.
  private static let inputShare = 0.6
  /// What copying it takes.
  private static let copyShare = 0.1

  /// - Parameter isComputed: whether a piece computes the input rows that it reads, and does not copy them.
  init(_ geometry: WindowGeometry, isComputed: Bool, threads: Int) {
    self.geometry = geometry
    let blocks = PanelLayout.blocks(geometry.channels)
    self.blocks = blocks
    let work = geometry.outputCount * geometry.kernelHeight * geometry.kernelWidth
    let most = max(1, min(geometry.outputHeight, 4 * threads, work / Self.smallestPiece / blocks))
    let shared = geometry.extentHeight - geometry.stride
    let share = (isComputed ? Self.inputShare : Self.copyShare) * Double(max(0, shared)) / Double(geometry.height)
    func cost(_ bands: Int) -> Double {
      let rounds = (blocks * bands + threads - 1) / threads
      return Double(rounds * threads) / Double(blocks * bands) * (1 + share * Double(bands - 1))
    }
    let candidates = threads == 1 ? 1...1 : 1...most
    bands = candidates.min { cost($0) < cost($1) } ?? 1
    self.cost = cost(bands)
  }
}

/// What a depthwise convolution reads.
public enum DepthwiseInput: @unchecked Sendable {
  /// `[height, width, channels]`.
  case floats(UnsafePointer<Float>)
  /// What a dense convolution yields that nobody else reads.
  case expansion(ConvolutionPlan, ConvolutionOperands, Epilogue)

  fileprivate var isComputed: Bool { if case .expansion = self { true } else { false } }
}

extension WindowGeometry {
  /// Rows that a window sees.
  fileprivate var extentHeight: Int { (kernelHeight - 1) * dilationHeight + 1 }
  /// Columns that a row of windows sees, of the padded image.
  fileprivate var seenWidth: Int { (outputWidth - 1) * stride + (kernelWidth - 1) * dilationWidth + 1 }
}

extension ExecutionContext {
  /// Each channel convolved with its own kernel, in Float.
  ///
  /// - Parameter output: `[outputHeight, outputWidth, channels]`; nil where only the quantized form is wanted.
  public func depthwise(
    _ plan: DepthwisePlan, input: DepthwiseInput, clamp: Clamp, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput? = nil
  ) {
    pool.run(chunks: plan.bands.count) { index in
      let piece = DepthwisePiece(plan, input, plan.bands[index])
      piece.run(self, clamp, output: output, quantized: quantized)
    }
  }
}

/// One piece of a depthwise convolution and the memory that it works in.
///
/// Input rows lie there as [panels of 16 channels][rows][pixels with padding][16]: what a vector of channels reads of a row is
/// contiguous.
private struct DepthwisePiece {
  private let plan: DepthwisePlan
  private let input: DepthwiseInput
  private let piece: DepthwiseBands.Piece
  private let panels: Int
  /// Pixels of an input row in memory, with its padding.
  private let paddedWidth: Int
  /// Output rows of a step, and the input rows that they see: as many are kept, each at its number modulo this.
  private let stepRows, keptRows: Int
  /// Floats from pixel to pixel of the step's output.
  private let outputStride: Int
  /// Image rows that the dense convolution computes at a time.
  private let computedRows: Int

  /// Bytes of input and output rows that are counted upon to stay in the L2 cache.
  private static let cachedBytes = 160 << 10
  /// Pixels that make reading the dense convolution's weights worth while.
  private static let fewestPixels = 64

  private var panelStride: Int { keptRows * paddedWidth * PanelLayout.width }

  init(_ plan: DepthwisePlan, _ input: DepthwiseInput, _ piece: DepthwiseBands.Piece) {
    (self.plan, self.input, self.piece) = (plan, input, piece)
    let g = plan.geometry
    let panels = PanelLayout.panels(piece.channels.count)
    self.panels = panels
    let channels = panels * PanelLayout.width
    // Pixels a multiple of 256 bytes apart would share a few sets of the L1 cache.
    outputStride = channels.isMultiple(of: 64) ? channels + PanelLayout.width : channels
    let paddedWidth = max(g.seenWidth, g.left + g.width)
    self.paddedWidth = paddedWidth
    func keptRows(_ stepRows: Int) -> Int { (stepRows - 1) * g.stride + g.extentHeight }
    func bytes(_ stepRows: Int) -> Int {
      (keptRows(stepRows) * paddedWidth + stepRows * g.outputWidth) * channels * MemoryLayout<Float>.size
    }
    var stepRows = 1
    while stepRows < piece.rows.count, bytes(stepRows + 1) <= Self.cachedBytes { stepRows += 1 }
    self.stepRows = stepRows
    self.keptRows = keptRows(stepRows)
    computedRows = input.isComputed ? min(keptRows(stepRows), max(1, Self.fewestPixels / g.width)) : 0
  }

  func run(
    _ context: ExecutionContext, _ clamp: Clamp, output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput?
  ) {
    let g = plan.geometry
    let (channels, float) = (piece.channels, MemoryLayout<Float>.size)
    let gemmBytes = computedRows == 0 ? 0 : GemmScratch.byteCount(rows: computedRows * g.width)
    let pointerBytes = (keptRows * MemoryLayout<UnsafePointer<Float>?>.stride + 63) / 64 * 64
    let keptFloats = panels * panelStride
    let outputFloats = stepRows * g.outputWidth * outputStride
    let memory = threadScratch(gemmBytes + pointerBytes + (keptFloats + outputFloats) * float)
    let rows = (memory + gemmBytes).assumingMemoryBound(to: UnsafePointer<Float>?.self)
    let kept = (memory + gemmBytes + pointerBytes).assumingMemoryBound(to: Float.self)
    clearPadding(kept)
    // A result of whole vectors is written where it belongs; otherwise the last one would reach into the next pixel.
    let isDirect = output != nil && g.channels.isMultiple(of: PanelLayout.width)
    let outputStride = isDirect ? g.channels : outputStride
    var task = depthwise_task()
    (task.rows, task.panel_stride, task.channels) = (UnsafePointer(rows), panelStride, panels * PanelLayout.width)
    (task.kernel_height, task.kernel_width, task.stride) = (g.kernelHeight, g.kernelWidth, g.stride)
    (task.dilation_height, task.dilation_width) = (g.dilationHeight, g.dilationWidth)
    (task.output_stride, task.output_width) = (outputStride, g.outputWidth)
    (task.bias, task.lower, task.upper) = (plan.bias + channels.lowerBound, clamp.lower, clamp.upper)
    var ready = max(0, piece.rows.lowerBound * g.stride - g.top)
    for first in stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: stepRows) {
      let step = first..<min(first + stepRows, piece.rows.upperBound)
      let top = first * g.stride - g.top
      let seen = top..<top + (step.count - 1) * g.stride + g.extentHeight
      let end = min(g.height, seen.upperBound)
      if ready < end { fill(max(ready, seen.lowerBound)..<end, kept, context, memory) }
      ready = max(ready, end)
      for row in seen {
        let isInside = row >= 0 && row < g.height
        rows[row - top] = isInside ? UnsafePointer(place(kept, row)) : nil
      }
      let pixels = step.lowerBound * g.outputWidth..<step.upperBound * g.outputWidth
      let target =
        isDirect
        ? output.unsafelyUnwrapped + pixels.lowerBound * g.channels + channels.lowerBound : kept + keptFloats
      (task.output, task.output_height) = (target, step.count)
      plan.weights.withUnsafeBufferPointer { weights in
        task.weights = weights.baseAddress.map { $0 + channels.lowerBound * g.kernelHeight * g.kernelWidth }
        context.kernels.functions.depthwise(&task)
      }
      if let output, !isDirect {
        for pixel in 0..<pixels.count {
          let place = output + (pixels.lowerBound + pixel) * g.channels + channels.lowerBound
          place.update(from: target + pixel * outputStride, count: channels.count)
        }
      }
      if let quantized {
        let block = channels.lowerBound / PanelLayout.block
        context.quantize(target, stride: outputStride, pixels: pixels, blocks: block..<block + 1, into: quantized)
      }
    }
  }

  /// Where an image row's padded pixels are kept.
  private func place(_ kept: UnsafeMutablePointer<Float>, _ row: Int) -> UnsafeMutablePointer<Float> {
    kept + row % keptRows * paddedWidth * PanelLayout.width
  }

  /// Zeros in the columns beside the image.
  private func clearPadding(_ kept: UnsafeMutablePointer<Float>) {
    let (g, width) = (plan.geometry, PanelLayout.width)
    let right = paddedWidth - g.left - g.width
    for row in 0..<panels * keptRows {
      let first = kept + row * paddedWidth * width
      first.update(repeating: 0, count: g.left * width)
      (first + (g.left + g.width) * width).update(repeating: 0, count: right * width)
    }
  }

  /// Copies or computes rows of the input.
  private func fill(
    _ image: Range<Int>, _ kept: UnsafeMutablePointer<Float>, _ context: ExecutionContext,
    _ gemmMemory: UnsafeMutableRawPointer
  ) {
    let (g, width) = (plan.geometry, PanelLayout.width)
    switch input {
    case .floats(let values):
      for y in image {
        let source = values + y * g.width * g.channels + piece.channels.lowerBound
        let target = place(kept, y) + g.left * width
        for panel in 0..<panels {
          let (from, to) = (source + panel * width, target + panel * panelStride)
          let count = min(width, piece.channels.count - panel * width)
          guard count == width else {
            for x in 0..<g.width { (to + x * width).update(from: from + x * g.channels, count: count) }
            continue
          }
          for x in 0..<g.width {
            let values = UnsafeRawPointer(from + x * g.channels).loadUnaligned(as: SIMD16<Float>.self)
            UnsafeMutableRawPointer(to + x * width).storeBytes(of: values, as: SIMD16<Float>.self)
          }
        }
      }
    case .expansion(let expansion, let operands, let epilogue):
      for first in stride(from: image.lowerBound, to: image.upperBound, by: computedRows) {
        let end = min(first + computedRows, image.upperBound)
        context.convolve(
          expansion, operands, clamp: epilogue.clamp, rows: first * g.width..<end * g.width, columns: piece.channels,
          scratch: GemmScratch(gemmMemory), isOutputCold: false, outputPanel: panelStride
        ) { y, x, _ in place(kept, y) + (g.left + x) * width }
      }
      guard let function = epilogue.function else { return }
      for y in image {
        for panel in 0..<panels {
          let values = place(kept, y) + panel * panelStride + g.left * width
          context.kernels.functions.activate(function, values, values, g.width * width)
        }
      }
    }
  }
}
