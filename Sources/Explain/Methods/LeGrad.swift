import Kernels

/// How every block's attention matters to what the classifier would say behind that block: the positive part of the logit's gradient by
/// the attention matrix, averaged over heads, tokens and blocks.
///
/// W. Bousselham, A. Boggust, S. Chaybouti, H. Strobelt and H. Kuehne, "LeGrad: An Explainability Method for Vision Transformers via
/// Feature Formation Sensitivity", ICCV 2025 (arXiv 2404.03214). Attention and features are those of one forward pass; what follows
/// each attention runs forward and back in Float.
final class LeGrad: ExplanationMethod {
  private let attention: AttentionBlocks
  private let reader: ActivationReader
  /// What follows each block's attention, as if the block were the last.
  private let tails: [ClassifierTail]

  init(_ session: Session) throws(MethodError) {
    let attention = try AttentionBlocks(session, for: .leGrad)
    self.attention = attention
    guard let models = session.model.endingBehindEachBlock(attention.blocks.map(\.attention)) else {
      throw .unsupported(method: MethodName.leGrad.rawValue, needs: "blocks of two residual connections")
    }
    do throws(EngineError) {
      var tails: [ClassifierTail] = []
      for (block, model) in zip(attention.blocks, models) {
        tails.append(try ClassifierTail(session, model, behind: block.attention, images: 1, hasGradient: true))
      }
      self.tails = tails
      let nodes = Set(tails.flatMap(\.inputs) + attention.blocks.map(\.queriesKeysValues))
      reader = try ActivationReader(session, nodes: nodes.sorted())
    } catch { throw .engine(error) }
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    let chosen = classes(logits)
    let maps = chosen.map { classIndex in
      let relevances = zip(attention.blocks, tails).map { block, tail in
        _ = tail.logits(reader.values)
        let gradient = tail.gradient(of: classIndex)
        return attention.product([Float](repeating: 1, count: attention.tokens), block) { head in
          attention.matrixGradient(block, head: head, reader.output(block.queriesKeysValues), gradient)
            .map { max($0, 0) }
        }
      }
      return attention.map(of: classIndex, mean(of: relevances))
    }
    let passes = chosen.count * tails.count
    return clock.explanation(
      logits: logits, maps: maps, passes: PassCount(forward: 1, tail: passes, backward: passes))
  }

  /// Over blocks and rows of their matrices.
  private func mean(of relevances: [[Float]]) -> [Float] {
    let share = 1 / Float(relevances.count * attention.tokens)
    return (0..<attention.tokens).map { token in relevances.reduce(0) { $0 + $1[token] } * share }
  }
}

extension Model {
  /// For each block of a Vision Transformer, the network that ends behind that block: what follows the last block reads its result.
  ///
  /// - Parameter attentions: the blocks' attention nodes, first to last.
  /// - Returns: nil if a block is not an attention and a network, each added to what it read.
  fileprivate func endingBehindEachBlock(_ attentions: [String]) -> [Model]? {
    let graph = description.graph
    /// The sum that a residual connection from `name` ends in.
    func sum(_ name: String) -> String? {
      graph.nodes.first { $0.op is Add && $0.inputs.contains(name) }?.name
    }
    var ends: [String] = []
    var start = ""
    for attention in attentions {
      let inputs = graph.frontier(behind: attention)
      guard inputs.count == 2, let end = sum(inputs[1]).flatMap(sum) else { return nil }
      start = inputs[1]
      ends.append(end)
    }
    guard let last = ends.popLast() else { return nil }
    // The last block computes the class token alone, where nothing else is read.
    let selection = graph.nodes.first { $0.name == start && $0.op is FirstToken }
    return ends.map { ending(behind: $0, insteadOf: last, selection) } + [self]
  }

  /// The network without what lies between two nodes: what follows the later one reads the earlier one.
  ///
  /// - Parameter selection: what is read of the earlier one; nil for all of it.
  private func ending(behind early: String, insteadOf late: String, _ selection: Node?) -> Model {
    var description = description
    let nodes = description.graph.nodes
    let selected = selection.map { Node($0.name, $0.op, [early]) }
    var head = Array(nodes.prefix { $0.name != early })
    head += nodes.filter { $0.name == early }
    head += [selected].compactMap(\.self)
    let tail = nodes.drop { $0.name != late }.dropFirst().map {
      Node($0.name, $0.op, $0.inputs.map { $0 == late ? selected?.name ?? early : $0 })
    }
    description.graph.nodes = head + tail
    return Model(description, shapes: shapes, of: self)
  }
}
