import CShim

extension ExecutionContext {
  /// Input gradient of multi-head self-attention of several images; the probabilities are computed again.
  ///
  /// With `S = q kᵀ / sqrt(d) + bias`, `P = softmax(S)` and `O = P v`: `dv = Pᵀ dO`, `dP = dO vᵀ`, `dS = P (dP - rowsum(P dP))`,
  /// `dq = dS k / sqrt(d)`, `dk = dSᵀ q / sqrt(d)`.
  ///
  /// - Parameters:
  ///   - qkv: `[images, tokens, 3 * channels]`.
  ///   - bias: `[heads, tokens, tokens]`; nil is nothing.
  ///   - gradient: `[images, tokens, channels]`.
  ///   - result: of `qkv`'s shape.
  public func attentionGradient(
    images: Int, _ plan: AttentionPlan, qkv: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
    gradient: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    pool.run(chunks: images * plan.heads) { chunk in
      let (image, head) = chunk.quotientAndRemainder(dividingBy: plan.heads)
      let rows = image * plan.tokens
      headGradient(
        plan, head, qkv: qkv + rows * 3 * plan.channels, bias: bias, gradient: gradient + rows * plan.channels,
        result: result + rows * 3 * plan.channels)
    }
  }

  private func headGradient(
    _ plan: AttentionPlan, _ head: Int, qkv: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    gradient: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    let (tokens, depth, stride) = (plan.tokens, plan.headChannels, 3 * plan.channels)
    let scale = 1 / Float(depth).squareRoot()
    func part(_ index: Int) -> Matrix {
      Matrix(qkv + index * plan.channels + head * depth, rows: tokens, columns: depth, stride: stride)
    }
    let (queries, keys, values) = (part(0), part(1), part(2))
    let outputs = Matrix(gradient + head * depth, rows: tokens, columns: depth, stride: plan.channels)
    let square = tokens * tokens
    let panelFloats = max(keys.transposedPanelFloats, keys.panelFloats)
    let zeroCount = PanelLayout.padded(max(tokens, depth))
    withUnsafeTemporaryAllocation(byteCount: 4 * (3 * square + panelFloats + zeroCount), alignment: 64) { memory in
      guard let probabilities = memory.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
      let scores = probabilities + square
      let transposed = scores + square
      let panels = transposed + square
      let zeros = panels + panelFloats
      zeros.update(repeating: 0, count: zeroCount)
      func multiply(_ a: Matrix, _ columns: Int, _ output: UnsafeMutablePointer<Float>, _ outputStride: Int) {
        kernels.product(
          a, panels: panels, columns: 0..<columns, bias: zeros, accumulate: false, into: output, stride: outputStride)
      }
      func pack(_ b: Matrix) {
        for panel in 0..<PanelLayout.panels(b.columns) { packPanel(panel, of: b, into: panels) }
      }
      func packTransposed(_ b: Matrix) {
        for panel in 0..<PanelLayout.panels(b.rows) { packTransposedPanel(panel, of: b, into: panels) }
      }
      func transpose(_ source: UnsafePointer<Float>) -> Matrix {
        for row in 0..<tokens { for c in 0..<tokens { transposed[c * tokens + row] = source[row * tokens + c] } }
        return Matrix(transposed, rows: tokens, columns: tokens)
      }
      let (dq, dk, dv) = (
        result + head * depth, result + plan.channels + head * depth, result + 2 * plan.channels + head * depth
      )
      packTransposed(keys)
      multiply(queries, tokens, probabilities, tokens)
      for row in 0..<tokens {
        let scoresOfRow = probabilities + row * tokens
        let added = bias.map { plan.bias($0, head, row) }
        for i in 0..<tokens { scoresOfRow[i] = scoresOfRow[i] * scale + (added?[i] ?? 0) }
        kernels.functions.softmax(scoresOfRow, tokens)
      }
      pack(outputs)
      multiply(transpose(probabilities), depth, dv, stride)
      packTransposed(values)
      multiply(outputs, tokens, scores, tokens)
      for row in 0..<tokens {
        let g = scores + row * tokens
        kernels.functions.softmaxGradient(g, probabilities + row * tokens, g, tokens, scale)
      }
      pack(keys)
      multiply(Matrix(scores, rows: tokens, columns: tokens), depth, dq, stride)
      pack(queries)
      multiply(transpose(scores), depth, dk, stride)
    }
  }
}
