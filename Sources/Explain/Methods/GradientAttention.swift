import Kernels

/// What the class token takes of every patch through all blocks, where each attention matrix counts by its gradient: the
/// positive part of their product, averaged over the heads.
///
/// H. Chefer, S. Gur and L. Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder
/// Transformers", ICCV 2021, the rule for self-attention. All of the classifier runs forward and back in Float.
final class GradientAttention: ExplanationMethod {
  private let attention: AttentionBlocks
  private let pass: BackbonePass
  private let context: ExecutionContext
  private let model: Model

  init(_ session: Session) throws(MethodError) {
    attention = try AttentionBlocks(session, for: .gradientAttention)
    (model, context) = (session.model, session.context)
    do throws(EngineError) {
      pass = try BackbonePass(
        session, images: 1, outputs: attention.blocks.map(\.queriesKeysValues),
        gradientsAt: attention.blocks.map(\.attention))
    } catch { throw .engine(error) }
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    var values = forward(input)
    let (classCount, output) = (model.description.classes, model.description.graph.output)
    let logits = Array(UnsafeBufferPointer(start: pass.output(output), count: classCount))
    clock.endForward()
    let chosen = classes(logits)
    var maps: [ClassMap] = []
    for (index, classIndex) in chosen.enumerated() {
      // Going back overwrites what the forward pass left.
      if index > 0 { values = forward(input) }
      pass.logitsGradient.update(repeating: 0, count: classCount)
      pass.logitsGradient[classIndex] = 1
      context.withFlushedDenormals { pass.backward() }
      maps.append(attention.map(of: classIndex, relevance(values)))
    }
    return clock.explanation(
      logits: logits, maps: maps, passes: PassCount(forward: max(1, chosen.count), backward: chosen.count))
  }

  /// Queries, keys and values of all blocks.
  private func forward(_ input: MethodInput) -> [[Float]] {
    pass.input.update(from: input.values, count: input.values.count)
    context.withFlushedDenormals { pass.forward() }
    return attention.blocks.map {
      Array(
        UnsafeBufferPointer(start: pass.output($0.queriesKeysValues), count: 3 * attention.tokens * attention.channels))
    }
  }

  /// The first row of `(1 + G_L) ... (1 + G_1)` with the blocks' positive products G, multiplied from the left.
  private func relevance(_ values: [[Float]]) -> [Float] {
    var relevance = attention.classToken
    for (block, values) in zip(attention.blocks, values).reversed() {
      guard let gradient = pass.gradient(block.attention) else { continue }
      let taken = attention.product(relevance, block) { head in
        values.withUnsafeBufferPointer { values in
          guard let values = values.baseAddress else { return [] }
          let matrix = attention.matrix(block, head: head, values)
          let gradients = attention.matrixGradient(block, head: head, values, gradient)
          return zip(matrix, gradients).map { max($0 * $1, 0) }
        }
      }
      relevance = zip(relevance, taken).map { $0 + $1 }
    }
    return relevance
  }
}
