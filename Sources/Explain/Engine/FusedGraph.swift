import Kernels

/// A graph reduced to what the requested nodes need, with bias, residual sum and activation folded into the layer that
/// produces their input.
struct FusedGraph {
  /// One operator that will be executed.
  struct Operation {
    /// The last node folded into it: the name of its result.
    var name: String
    /// The operator, with the results that it reads.
    var node: Node
    /// What is added to the operator's result, where a sum was folded in.
    var residual: String?
    /// The activation that was folded in.
    var activation: (any ActivationFunction.Type)?

    var op: any GraphOperator { node.op }
    var epilogue: Epilogue { activation?.epilogue ?? Epilogue() }
    /// The first result that the operator reads.
    var input: String { node.inputs[0] }
  }

  private(set) var operations: [Operation] = []
  /// Results that are known to hold no negative value.
  private(set) var nonNegative: Set<String> = []

  /// - Parameters:
  ///   - outputs: nodes whose results must exist as they are.
  ///   - given: nodes whose results are there already, so that nothing in front of them is needed.
  ///   - foldsFunctions: false where the inputs of functions are wanted, as gradients need them.
  init(_ graph: Graph, outputs: Set<String>, given: Set<String> = [], foldsFunctions: Bool = true) {
    let nodes = graph.nodes.needed(for: outputs, given: given)
    var readers: [String: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for input in node.inputs { readers[input, default: []].append(index) }
    }
    var isFolded = [Bool](repeating: false, count: nodes.count)
    // Operations stand where their last folded node stood, because a residual may be computed in between.
    var placed: [(position: Int, operation: Operation)] = []
    for (index, node) in nodes.enumerated() where !isFolded[index] {
      var operation = Operation(name: node.name, node: node)
      var position = index
      var support = node.op.epilogue
      if !foldsFunctions { support.remove(.function) }
      while !outputs.contains(operation.name), let next = Self.onlyReader(readers[operation.name]), !isFolded[next],
        let part = nodes[next].op.epiloguePart, support.contains(part.needs)
      {
        switch part {
        case .activation(let function):
          operation.activation = function
          support = []
        case .sum:
          operation.residual = nodes[next].inputs.first { $0 != operation.name }
          support.remove(.sum)
        }
        isFolded[next] = true
        operation.name = nodes[next].name
        position = next
      }
      placed.append((position, operation))
    }
    operations = placed.sorted { $0.position < $1.position }.map(\.operation)
    for operation in operations where isNonNegative(operation) { nonNegative.insert(operation.name) }
  }

  private static func onlyReader(_ readers: [Int]?) -> Int? {
    guard let readers, readers.count == 1 else { return nil }
    return readers[0]
  }

  private func isNonNegative(_ operation: Operation) -> Bool {
    let sum =
      operation.op.isNonNegative(operation.node.inputs.map(nonNegative.contains))
      && operation.residual.map(nonNegative.contains) != false
    return operation.activation?.isNonNegative(sum) ?? sum
  }
}
