import Kernels

/// The attention layers of a Vision Transformer, and the matrices that they multiply values by.
package struct AttentionBlocks {
  /// An attention node and the node with its queries, keys and values.
  package struct Block {
    package let attention, queriesKeysValues: String
    package let heads: Int
    /// What is added to the scores, `[heads, tokens, tokens]`.
    let bias: UnsafePointer<Float>?
  }

  /// First to last.
  package let blocks: [Block]
  /// With those that are no patches; the class token is the first.
  package let tokens: Int
  private let prefix: Int
  package let channels: Int
  /// Sides of a map.
  let height, width: Int
  private let context: ExecutionContext

  package init(_ session: Session, for method: MethodName) throws(MethodError) {
    let model = session.model
    context = session.context
    blocks = model.description.graph.nodes.compactMap { node in
      guard let attention = node.op as? Attention else { return nil }
      return Block(
        attention: node.name, queriesKeysValues: node.inputs[0], heads: attention.heads,
        bias: attention.bias.map(session.model.floats))
    }
    let target = try TargetLayer(model, for: method)
    guard let first = blocks.first, let shape = model.shapes[first.attention], target.skipped > 0,
      target.places + target.skipped == shape.pixels
    else {
      throw .unsupported(method: method.rawValue, needs: "the attention layers of a Vision Transformer")
    }
    (tokens, channels, height, width) = (shape.pixels, shape.channels, target.height, target.width)
    prefix = target.skipped
  }

  /// One head's matrix, `[tokens, tokens]`: every row is what one token takes of all.
  ///
  /// - Parameter values: `[tokens, 3 * channels]`: queries, keys and values.
  package func matrix(_ block: Block, head: Int, _ values: UnsafePointer<Float>) -> [Float] {
    (0..<tokens).flatMap { row(of: $0, block, head: head, values) }
  }

  /// What one token takes of all in one head, `[tokens]`.
  ///
  /// - Parameter values: `[tokens, 3 * channels]`: queries, keys and values.
  func row(of token: Int, _ block: Block, head: Int, _ values: UnsafePointer<Float>) -> [Float] {
    let depth = channels / block.heads
    let factor = 1 / Float(depth).squareRoot()
    let query = values + token * 3 * channels + head * depth
    let bias = block.bias.map { $0 + (head * tokens + token) * tokens }
    var result = (0..<tokens).map { other in
      let key = values + other * 3 * channels + channels + head * depth
      return context.kernels.functions.dot(query, key, depth) * factor + (bias?[other] ?? 0)
    }
    context.softmax(&result, count: tokens)
    return result
  }

  /// Each token's values of one head times a vector, `[tokens]`.
  ///
  /// - Parameters:
  ///   - values: `[tokens, 3 * channels]`: queries, keys and values.
  ///   - vector: `[channels]`, of all heads.
  func products(
    _ block: Block, head: Int, _ values: UnsafePointer<Float>, _ vector: UnsafePointer<Float>
  ) -> [Float] {
    let depth = channels / block.heads
    return (0..<tokens).map { token in
      let value = values + token * 3 * channels + 2 * channels + head * depth
      return context.kernels.functions.dot(vector + head * depth, value, depth)
    }
  }

  /// The gradient of a logit by one head's matrix, `[tokens, tokens]`.
  ///
  /// - Parameter gradient: by the attention's result, `[tokens, channels]`.
  func matrixGradient(
    _ block: Block, head: Int, _ values: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>
  ) -> [Float] {
    (0..<tokens).flatMap { products(block, head: head, values, gradient + $0 * channels) }
  }

  /// What the class token takes of every image token, given the relevance of all tokens.
  func map(of classIndex: Int, _ relevance: [Float]) -> ClassMap {
    ClassMap(classIndex: classIndex, height: height, width: width, values: Array(relevance.dropFirst(prefix)))
  }

  /// The row vector `relevance` times the mean of matrices that `term` yields for each head.
  func product(
    _ relevance: [Float], _ block: Block, term: (_ head: Int) -> [Float]
  ) -> [Float] {
    var products = [[Float]](repeating: [], count: block.heads)
    products.withUnsafeMutableBufferPointer { products in
      let products = products
      context.pool.run(chunks: block.heads) { head in
        let matrix = term(head)
        var sum = [Float](repeating: 0, count: tokens)
        for row in 0..<tokens where relevance[row] != 0 {
          for column in 0..<tokens { sum[column] += relevance[row] * matrix[row * tokens + column] }
        }
        products[head] = sum
      }
    }
    return (0..<tokens).map { token in
      products.reduce(0) { $0 + $1[token] } / Float(block.heads)
    }
  }

  /// The class token alone.
  var classToken: [Float] { [1] + [Float](repeating: 0, count: tokens - 1) }
}
