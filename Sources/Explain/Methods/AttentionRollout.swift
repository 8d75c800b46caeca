/// What the class token takes of every patch through all blocks: the product of their attention matrices, averaged over the
/// heads, with half of every token passing by.
///
/// S. Abnar and W. Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020. It knows nothing of classes.
final class AttentionRollout: ExplanationMethod {
  private let attention: AttentionBlocks
  private let reader: ActivationReader

  init(_ session: Session) throws(MethodError) {
    attention = try AttentionBlocks(session, for: .attentionRollout)
    do { reader = try ActivationReader(session, nodes: attention.blocks.map(\.queriesKeysValues)) } catch {
      throw .engine(error)
    }
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    // Only the first row of the product is wanted, so that it is multiplied from the left.
    var relevance = attention.classToken
    for block in attention.blocks.reversed() {
      let values = reader.values(block.queriesKeysValues)
      let taken = attention.product(relevance, block) { head in
        values.withUnsafeBufferPointer { values in
          values.baseAddress.map { attention.matrix(block, head: head, $0) } ?? []
        }
      }
      relevance = zip(relevance, taken).map { ($0 + $1) / 2 }
    }
    let maps = classes(logits).map { attention.map(of: $0, relevance) }
    return clock.explanation(logits: logits, maps: maps)
  }
}
