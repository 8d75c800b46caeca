import Kernels

/// What each patch adds to a class's logit directly, through the attentions of the class token: what Class Activation Mapping is for
/// pooled features, for Vision Transformers, where the logit is a sum over blocks, heads and patches too.
///
/// Y. Gandelsman, A. A. Efros and J. Steinhardt, "Interpreting CLIP's Image Representation via Text-Based Decomposition", ICLR 2024
/// (arXiv 2310.05916): the direct part by image tokens. One forward pass. What the layers behind an attention make of its result is
/// left out.
final class LogitAttribution: ExplanationMethod {
  private let attention: AttentionBlocks
  private let path: ClassTokenPath
  private let weights: [[Float]]
  private let reader: ActivationReader

  /// Neighbouring patches see much of the same: the map is blurred by so many patches.
  private static let blur = (radius: 1, deviation: 0.6)

  init(_ session: Session) throws(MethodError) {
    attention = try AttentionBlocks(session, for: .logitAttribution)
    guard let path = ClassTokenPath(session.model) else {
      throw .unsupported(
        method: MethodName.logitAttribution.rawValue,
        needs: "residual blocks, a normalisation and one linear layer behind the class token")
    }
    (self.path, weights) = (path, path.weights())
    do { reader = try ActivationReader(session, nodes: attention.blocks.map(\.queriesKeysValues)) } catch {
      throw .engine(error)
    }
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    let maps = classes(logits).map { classIndex in
      var map = attention.map(of: classIndex, shares(of: classIndex))
      map.values = blurred(
        map.values, width: map.width, height: map.height, channels: 1, radius: Self.blur.radius,
        deviation: Self.blur.deviation)
      return map
    }
    return clock.explanation(logits: logits, maps: maps)
  }

  /// What each token adds to a class's logit, `[tokens]`.
  private func shares(of classIndex: Int) -> [Float] {
    var sum = [Float](repeating: 0, count: attention.tokens)
    for (block, direction) in zip(attention.blocks, path.directions(of: classIndex, weights)) {
      let values = reader.output(block.queriesKeysValues)
      for head in 0..<block.heads {
        let taken = attention.row(of: 0, block, head: head, values)
        let products = attention.products(block, head: head, values, direction)
        for token in sum.indices { sum[token] += taken[token] * products[token] }
      }
    }
    return sum
  }
}
