import Foundation
import Kernels
import Testing

@testable import Explain

/// Products of activations, and the softmax between them.
@Suite struct MatrixProductTests {
  private static let (size, depth) = (RandomNetwork.size, 20)

  /// Rows times rows, a softmax, and that times the rows again: an attention of each row of pixels.
  private func model(_ precision: Precision, isTransposed: Bool) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (Self.depth, 3, 3), "last": (8, Self.depth, 1)],
      build: { graph in
        let stem = try graph.same("stem", graph.input, outputs: Self.depth, kernel: 3)
        var (keys, values) = (stem, stem)
        let rows = Rearrange(
          shape: Shape(Self.size, Self.depth, Self.size), offset: 0, lengths: [Self.size, Self.depth, Self.size],
          strides: [Self.size * Self.depth, 1, Self.depth])
        if isTransposed {
          values = try graph.append("columns", rows, [stem])
        } else {
          keys = try graph.append("columns", rows, [stem])
        }
        let scores = try graph.append("scores", MatrixProduct(isTransposed: isTransposed), [stem, keys])
        let weights = try graph.append("weights", Softmax(), [scores])
        let product = try graph.append("product", MatrixProduct(isTransposed: isTransposed), [weights, values])
        return try graph.same("last", product, outputs: 8)
      })
    return try network.model(precision, channels: 8)
  }

  @Test(arguments: [true, false], Precision.allCases)
  func computesTheDefinition(_ isTransposed: Bool, _ precision: Precision) throws {
    let model = try model(precision, isTransposed: isTransposed)
    for tier in CPUTier.available {
      let features = try Session(model: model, tier: tier, threads: 2)
        .features(RandomNetwork.input(), nodes: ["stem", "scores", "weights", "product"])
      let stem = try #require(features["stem"]).map(Double.init)
      func at(_ row: Int, _ column: Int, _ channel: Int) -> Double {
        stem[(row * Self.size + column) * Self.depth + channel]
      }
      var (scores, weights, products): ([Double], [Double], [Double]) = ([], [], [])
      for row in 0..<Self.size {
        for i in 0..<Self.size {
          let line = (0..<Self.size).map { j in (0..<Self.depth).reduce(0) { $0 + at(row, i, $1) * at(row, j, $1) } }
          let sum = line.reduce(0) { $0 + exp($1) }
          let shares = line.map { exp($0) / sum }
          scores += line
          weights += shares
          products += (0..<Self.depth).map { c in (0..<Self.size).reduce(0) { $0 + shares[$1] * at(row, $1, c) } }
        }
      }
      for (name, expected) in [("scores", scores), ("weights", weights), ("product", products)] {
        let found = try #require(features[name])
        #expect(relativeError(found, expected.map { Float($0) }) < 2e-5, "\(name) on \(tier)")
      }
    }
  }

  @Test(arguments: [true, false]) func gradientIsTheDifference(_ isTransposed: Bool) throws {
    try expectDifferences(Session(model: try model(.float32, isTransposed: isTransposed), threads: 2))
  }

  @Test(arguments: [
    (MatrixProduct(isTransposed: true), Shape(2, 3, 5), Shape(2, 7, 4)),
    (MatrixProduct(isTransposed: false), Shape(2, 3, 5), Shape(2, 4, 7)),
    (MatrixProduct(isTransposed: false), Shape(2, 3, 5), Shape(1, 5, 7)),
  ])
  func othersAreRefused(_ op: MatrixProduct, _ first: Shape, _ second: Shape) {
    #expect(throws: GraphError.unequalShapes(node: "n", first, second)) {
      try op.outputShape([first, second], node: "n")
    }
  }
}
