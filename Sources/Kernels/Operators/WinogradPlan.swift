import CShim

/// A 3 x 3 convolution by Winograd's F(2 x 2, 3 x 3), planned once: for instruction sets that multiply words at nearly the rate
/// of bytes.
public struct WinogradPlan: Sendable {
  private let input: PreparedInput
  private let outputHeight, outputWidth, outputChannels: Int
  private let top, left: Int
  private let weights: WinogradWeights
  fileprivate let chunks: WinogradChunks

  /// True if the threads are kept busy by chunks that can each quantize what they computed.
  public var canQuantizeOutput: Bool { chunks.canQuantizeOutput }

  /// Tiles that make reading the weights worth while, which are 3.6 times as large.
  fileprivate static let fewestTiles = 24

  /// Whether a convolution of this plan gains by it, with weights that `fit`.
  public static func isWorthwhile(_ plan: ConvolutionPlan, context: ExecutionContext) -> Bool {
    let functions = context.kernels.functions
    guard functions.winogradWeights != nil, functions.winogradInput != nil, functions.winogradProducts != nil,
      case .quantized = plan.input.element
    else { return false }
    let tiles = (plan.outputHeight + 1) / 2 * ((plan.outputWidth + 1) / 2)
    return plan.stride == 1 && tiles >= fewestTiles && WinogradWeights.fit(plan.layout, outputs: plan.outputChannels)
  }

  /// - Precondition: `isWorthwhile`.
  public init(
    _ plan: ConvolutionPlan, weights: WinogradWeights, wantsQuantized: Bool, context: ExecutionContext
  ) {
    require(Self.isWorthwhile(plan, context: context), "a convolution that gains by Winograd's form")
    input = plan.input
    (outputHeight, outputWidth, outputChannels) = (plan.outputHeight, plan.outputWidth, plan.outputChannels)
    (top, left) = (plan.input.top - plan.top, plan.input.left - plan.left)
    self.weights = weights
    chunks = WinogradChunks(
      tileRows: (outputHeight + 1) / 2, tilesPerRow: (outputWidth + 1) / 2, channels: input.channels,
      columns: outputChannels, wantsQuantized: wantsQuantized, threads: context.pool.threads)
  }
}

/// How the tiles are cut into pieces of work: bands of whole rows of tiles, whose transformed input stays in a core's L2
/// cache, by blocks of columns.
private struct WinogradChunks: Sendable {
  struct Chunk {
    /// Rows of tiles.
    var rows: Range<Int>
    var columns: Range<Int>
  }

  private let tileRows, columns: Int
  private let bands, columnsPerChunk: Int
  let canQuantizeOutput: Bool

  var count: Int { bands * ((columns + columnsPerChunk - 1) / columnsPerChunk) }

  subscript(index: Int) -> Chunk {
    let (block, band) = index.quotientAndRemainder(dividingBy: bands)
    let first = block * columnsPerChunk
    return Chunk(
      rows: band * tileRows / bands..<(band + 1) * tileRows / bands,
      columns: first..<min(columns, first + columnsPerChunk))
  }

  /// Bytes of transformed input that are counted upon to stay in the L2 cache.
  private static let cachedBytes = 256 << 10

  init(tileRows: Int, tilesPerRow: Int, channels: Int, columns: Int, wantsQuantized: Bool, threads: Int) {
    (self.tileRows, self.columns) = (tileRows, columns)
    let bytesPerTile = Int(winograd_places) * channels * MemoryLayout<Int16>.size
    let tiles = max(WinogradPlan.fewestTiles, Self.cachedBytes / bytesPerTile)
    func bands(_ tiles: Int) -> Int { (tileRows + max(1, tiles / tilesPerRow) - 1) / max(1, tiles / tilesPerRow) }
    let wanted = threads == 1 ? 1 : 2 * threads
    let most = max(1, bands(WinogradPlan.fewestTiles))
    self.bands = min(max(bands(tiles), wanted), most)
    var width = columns
    if self.bands < wanted {
      let blocks = (wanted + self.bands - 1) / self.bands
      width = PanelLayout.padded((columns + blocks - 1) / blocks)
    }
    columnsPerChunk = width
    canQuantizeOutput = wantsQuantized && width == columns
  }
}

extension ExecutionContext {
  /// What `convolution` computes, by Winograd's form: `epilogue(convolution + bias[n] + residual[pixel, n])`.
  ///
  /// - Parameters:
  ///   - operands: weights need no panels.
  ///   - output: Float; nil where only the quantized form is wanted.
  ///   - quantized: only if the plan `canQuantizeOutput`.
  public func convolution(
    _ plan: WinogradPlan, _ operands: ConvolutionOperands, epilogue: Epilogue, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput? = nil
  ) {
    require(output != nil || quantized != nil, "somewhere to write to")
    require(quantized == nil || plan.canQuantizeOutput, "chunks of whole blocks, to quantize them")
    pool.run(chunks: plan.chunks.count) { index in
      plan.run(plan.chunks[index], operands, epilogue, output, quantized, self)
    }
  }
}

extension WinogradPlan {
  fileprivate func run(
    _ chunk: WinogradChunks.Chunk, _ operands: ConvolutionOperands, _ epilogue: Epilogue,
    _ output: UnsafeMutablePointer<Float>?, _ quantized: QuantizedOutput?, _ context: ExecutionContext
  ) {
    let functions = context.kernels.functions
    guard let transform = functions.winogradInput, let multiply = functions.winogradProducts,
      let scale = operands.weights.scale
    else { preconditionFailure("a tier with Winograd's kernels") }
    let width = chunk.columns.count
    let firstPixel = 2 * chunk.rows.lowerBound * outputWidth
    let height = min(2 * chunk.rows.upperBound, outputHeight) - 2 * chunk.rows.lowerBound
    let pixels = firstPixel..<firstPixel + height * outputWidth
    let tilesPerRow = (outputWidth + 1) / 2
    let tiles = chunk.rows.count * tilesPerRow
    let group = Int(winograd_tile_rows)
    let tileStride = (tiles + group - 1) / group * group
    let memory = WinogradScratch(
      channels: input.channels, tileStride: tileStride, outputs: output == nil ? pixels.count * width : 0)
    var tile = winograd_input_task()
    tile.levels = operands.input.assumingMemoryBound(to: UInt8.self)
    tile.scales = operands.scales
    (tile.height, tile.width, tile.channels) = (input.paddedHeight, input.paddedWidth, input.channels)
    tile.blocks = input.blocks
    tile.zero_point = context.kernels.activationFormat.zeroPoint(isSigned: input.isSigned)
    tile.shift = weights.shift
    (tile.top, tile.left, tile.tiles_per_row) = (top, left, tilesPerRow)
    (tile.first_tile, tile.tiles, tile.tile_stride) = (chunk.rows.lowerBound * tilesPerRow, tiles, tileStride)
    (tile.output, tile.tile_scales) = (memory.words, memory.tileScales)
    transform(&tile)
    // Weights are four times what they stand for.
    for i in 0..<tiles { memory.tileScales[i] *= 0.25 }
    let stride = output == nil ? width : outputChannels
    // First pixel and column of the chunk.
    let target = output.map { $0 + firstPixel * stride + chunk.columns.lowerBound } ?? memory.outputs
    var products = winograd_products_task()
    (products.input, products.tile_scales) = (UnsafePointer(memory.words), UnsafePointer(memory.tileScales))
    (products.channels, products.tiles, products.tile_stride) = (input.channels, tiles, tileStride)
    products.tiles_per_row = tilesPerRow
    (products.weight_scales, products.bias) = (scale, operands.weights.bias)
    (products.first_column, products.end_column) = (chunk.columns.lowerBound, chunk.columns.upperBound)
    (products.output, products.output_stride) = (target - chunk.columns.lowerBound, stride)
    (products.height, products.width) = (height, outputWidth)
    switch operands.residual {
    case nil: break
    case .float(let values):
      (products.residual, products.residual_stride) = (values + firstPixel * outputChannels, outputChannels)
    case .quantized(let form, let levels, let scales):
      products.residual_stride = form.storedChannels
      products.residual_levels = levels.assumingMemoryBound(to: UInt8.self) + firstPixel * form.storedChannels
      products.residual_scales = scales + firstPixel * form.blocks
      products.residual_blocks = form.blocks
    }
    (products.lower, products.upper) = (epilogue.clamp.lower, epilogue.clamp.upper)
    products.sums = memory.sums
    weights.words.withUnsafeBufferPointer {
      products.weights = $0.baseAddress
      multiply(&products)
    }
    context.finish(target, stride: stride, pixels: pixels, columns: chunk.columns, epilogue, into: quantized)
  }
}

/// Memory that a piece of work takes.
private struct WinogradScratch {
  let words: UnsafeMutablePointer<Int16>
  let sums: UnsafeMutablePointer<Int32>
  let tileScales: UnsafeMutablePointer<Float>
  let outputs: UnsafeMutablePointer<Float>

  init(channels: Int, tileStride: Int, outputs count: Int) {
    let wordBytes = Int(winograd_places) * tileStride * channels * MemoryLayout<Int16>.size
    let sumBytes = Int(winograd_places) * tileStride * PanelLayout.width * MemoryLayout<Int32>.size
    let scaleBytes = (tileStride * MemoryLayout<Float>.size + 63) / 64 * 64
    let memory = threadScratch(wordBytes + sumBytes + scaleBytes + count * MemoryLayout<Float>.size)
    words = memory.assumingMemoryBound(to: Int16.self)
    sums = (memory + wordBytes).assumingMemoryBound(to: Int32.self)
    tileScales = (memory + wordBytes + sumBytes).assumingMemoryBound(to: Float.self)
    outputs = (memory + wordBytes + sumBytes + scaleBytes).assumingMemoryBound(to: Float.self)
  }
}
