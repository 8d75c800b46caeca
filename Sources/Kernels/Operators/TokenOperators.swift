// Operators of Vision Transformers, shared out over the threads. Tokens are rows of channels.

import CShim

/// Multi-head self-attention, planned once.
public struct AttentionPlan: Sendable {
  public let tokens, channels, heads: Int
  var headChannels: Int { channels / heads }
  /// Floats of one head's keys and values in panels.
  private var keyFloats: Int { PanelLayout.padded(tokens) * keyDepth }
  private var valueFloats: Int { PanelLayout.padded(headChannels) * valueDepth }
  /// Reduction lengths, filled up to whole groups.
  var keyDepth: Int { PanelLayout.groups(headChannels) * PanelLayout.group }
  var valueDepth: Int { PanelLayout.groups(tokens) * PanelLayout.group }
  /// Queries whose scores are in the cache at the same time.
  static let queryBlock = 48

  /// - Precondition: `heads` divides `channels`.
  public init(tokens: Int, channels: Int, heads: Int) {
    require(tokens > 0 && heads > 0 && channels % heads == 0, "heads of whole channels")
    (self.tokens, self.channels, self.heads) = (tokens, channels, heads)
  }

  /// Multiply-accumulate operations.
  public var macs: Int { 2 * tokens * tokens * channels }
  /// Floats of scratch memory: keys and values of all heads in panels.
  public var scratchFloats: Int { heads * (keyFloats + valueFloats) }

  func keys(_ scratch: UnsafeMutablePointer<Float>, _ head: Int) -> UnsafeMutablePointer<Float> {
    scratch + head * (keyFloats + valueFloats)
  }

  func values(_ scratch: UnsafeMutablePointer<Float>, _ head: Int) -> UnsafeMutablePointer<Float> {
    keys(scratch, head) + keyFloats
  }

  /// What is added to the scores of one query.
  func bias(_ bias: UnsafePointer<Float>, _ head: Int, _ query: Int) -> UnsafePointer<Float> {
    bias + (head * tokens + query) * tokens
  }
}

extension ExecutionContext {
  /// `softmax(q kᵀ / sqrt(d) + bias) v` for every head.
  ///
  /// - Parameters:
  ///   - qkv: `[tokens, 3 * channels]`: queries, keys, values, each with one head's channels side by side.
  ///   - bias: `[heads, tokens, tokens]`, a row for each query; nil is nothing.
  ///   - scratch: `plan.scratchFloats`.
  ///   - output: `[tokens, channels]`.
  public func attention(
    _ plan: AttentionPlan, qkv: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
    scratch: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    pool.run(chunks: plan.heads) { packHead(plan, qkv, $0, scratch) }
    let blocks = (plan.tokens + AttentionPlan.queryBlock - 1) / AttentionPlan.queryBlock
    pool.run(chunks: plan.heads * blocks) { chunk in
      let first = chunk % blocks * AttentionPlan.queryBlock
      let rows = first..<min(plan.tokens, first + AttentionPlan.queryBlock)
      attend(plan, qkv, bias, scratch, output, head: chunk / blocks, rows: rows)
    }
  }

  /// Keys (scaled by 1 / sqrt(d)) and values of one head in the Float GEMM's panels.
  private func packHead(
    _ plan: AttentionPlan, _ qkv: UnsafePointer<Float>, _ head: Int, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let width = PanelLayout.width
    let stride = 3 * plan.channels
    let depth = plan.headChannels
    let factor = 1 / Float(depth).squareRoot()
    let keySource = qkv + plan.channels + head * depth
    let keys = plan.keys(scratch, head)
    keys.update(repeating: 0, count: PanelLayout.padded(plan.tokens) * plan.keyDepth)
    // Four tokens at a time: their values lie side by side in a panel.
    for first in Swift.stride(from: 0, to: plan.tokens, by: 4) {
      let panel = keys + first / width * plan.keyDepth * width + first % width
      let source = keySource + first * stride
      guard first + 4 <= plan.tokens else {
        for token in 0..<plan.tokens - first {
          for c in 0..<depth { panel[c * width + token] = source[token * stride + c] * factor }
        }
        break
      }
      for c in 0..<depth {
        let four = SIMD4(source[c], source[stride + c], source[2 * stride + c], source[3 * stride + c]) * factor
        UnsafeMutableRawPointer(panel + c * width).storeBytes(of: four, as: SIMD4<Float>.self)
      }
    }
    let valueSource = qkv + 2 * plan.channels + head * depth
    let values = plan.values(scratch, head)
    for first in Swift.stride(from: 0, to: depth, by: width) {
      let panel = values + first / width * plan.valueDepth * width
      let count = min(width, depth - first)
      for token in 0..<plan.valueDepth {
        let row = panel + token * width
        guard token < plan.tokens, count == width else {
          for i in 0..<width { row[i] = token < plan.tokens && i < count ? valueSource[token * stride + first + i] : 0 }
          continue
        }
        row.update(from: valueSource + token * stride + first, count: width)
      }
    }
  }

  /// One block of queries of one head: scores, softmax and weighted values, all in the cache.
  private func attend(
    _ plan: AttentionPlan, _ qkv: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
    _ scratch: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>, head: Int, rows: Range<Int>
  ) {
    let depth = plan.headChannels
    let columns = PanelLayout.padded(plan.tokens)
    let zeros = max(columns, PanelLayout.padded(depth))
    let gemmBytes = GemmScratch.byteCount(rows: rows.count)
    let memory = threadScratch(gemmBytes + (rows.count * columns + zeros) * MemoryLayout<Float>.size)
    let scratchMemory = GemmScratch(memory)
    let scores = (memory + gemmBytes).assumingMemoryBound(to: Float.self)
    let noBias = scores + rows.count * columns
    noBias.update(repeating: 0, count: zeros)
    multiply(
      rows: rows.count, stride: 3 * plan.channels, of: qkv + rows.lowerBound * 3 * plan.channels + head * depth,
      depth: depth, panels: plan.keys(scratch, head), bias: noBias, columns: columns, into: scores,
      outputStride: columns, scratchMemory)
    for row in 0..<rows.count {
      let scores = scores + row * columns
      if let bias {
        let added = plan.bias(bias, head, rows.lowerBound + row)
        kernels.functions.addClamped(scores, added, scores, plan.tokens, -.infinity, .infinity)
      }
      kernels.functions.softmax(scores, plan.tokens)
    }
    multiply(
      rows: rows.count, stride: columns, of: scores, depth: plan.tokens, panels: plan.values(scratch, head),
      bias: noBias, columns: depth, into: output + rows.lowerBound * plan.channels + head * depth,
      outputStride: plan.channels, scratchMemory)
  }

  /// Float GEMM of `rows` rows with packed panels.
  private func multiply(
    rows: Int, stride: Int, of input: UnsafePointer<Float>, depth: Int, panels: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, columns: Int, into output: UnsafeMutablePointer<Float>, outputStride: Int,
    _ scratch: GemmScratch
  ) {
    for row in 0..<rows {
      scratch.rows[row] = scratch.row(
        activations: input + row * stride, scales: nil, output: output + row * outputStride)
    }
    var run = gemm_run(
      offset: 0, groups: PanelLayout.groups(depth), length: depth, weights: 0, scale: 0, ends_block: 1)
    withUnsafePointer(to: &run) { run in
      var task = scratch.task(rows: rows)
      task.runs = run
      task.run_count = 1
      task.blocks = 1
      task.weights = UnsafeRawPointer(panels)
      task.panel_stride = PanelLayout.groups(depth) * PanelLayout.group * PanelLayout.width * MemoryLayout<Float>.size
      task.bias = bias
      task.end_column = columns
      kernels.functions.gemmFloat(&task)
    }
  }

  /// Normalises every row over its channels.
  ///
  /// - Parameter output: nil where only the quantized form is wanted.
  public func layerNorm(
    _ input: UnsafePointer<Float>, rows: Int, channels: Int, epsilon: Float, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput? = nil
  ) {
    forEachRows(rows, channels: channels, output: output, quantized: quantized) { part, target in
      kernels.functions.layerNorm(
        input + part.lowerBound * channels, part.count, channels, epsilon, weight, bias, target)
    }
  }

  /// Tokens of an image: the first `prefix` rows are `classToken + positions`, row `prefix + p` is pixel p plus
  /// `positions[prefix + p]`.
  public func embedTokens(
    _ input: UnsafePointer<Float>, pixels: Int, channels: Int, prefix: Int = 1, classToken: UnsafePointer<Float>?,
    positions: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    let first = prefix * channels
    if let classToken { kernels.functions.addClamped(classToken, positions, output, first, -.infinity, .infinity) }
    add(input, positions + first, clamp: .none, output: output + first, count: pixels * channels)
  }
}
