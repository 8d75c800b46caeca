import Foundation

@testable import Explain

/// What onnx's own reader says of a file of `Fixtures/onnx`, by `Tools/onnx/fixtures.py`.
struct ONNXFixture: Decodable {
  struct Tensor: Decodable {
    var type: String
    var shape: [Int]
    /// Bits of the elements as Float.
    var floats: [UInt32]
    var integers: [Int]?
  }

  struct Attribute: Decodable {
    var kind: String
    var floats: [UInt32]?
    var ints: [Int]?
    var strings: [String]?
    var tensor: Tensor?
  }

  struct Node: Decodable {
    var op, name, domain: String
    var inputs, outputs: [String]
    var attributes: [String: Attribute]
  }

  struct Value: Decodable {
    var name, type: String
    /// A number, or the name of a symbol.
    var shape: [String]?
  }

  var irVersion: Int
  var producer, producerVersion, graph: String
  var opsets: [String: Int]
  var metadata: [[String]]
  var inputs, outputs: [Value]
  var nodes: [Node]
  var tensors: [String: Tensor]

  static let names = [
    "attributes", "constants", "external", "fields", "merged", "network", "raw", "tagged",
  ]

  static let all = Result {
    try JSONDecoder().decode(
      [String: ONNXFixture].self, from: Data(contentsOf: URL(filePath: folder + "/expected.json")))
  }

  static let folder = "\(Fixtures.package)/Tests/Fixtures/onnx"

  static func path(_ name: String) -> String { "\(folder)/\(name).onnx" }
}

extension ONNXModel {
  /// Reads everything that a translation could read.
  func readAll() throws(ONNXError) {
    for tensor in graph.tensors.values { try tensor.readAll() }
    for node in graph.nodes {
      for case .tensor(let tensor) in node.attributes.values { try tensor.readAll() }
    }
  }
}

extension ONNXTensor {
  func readAll() throws(ONNXError) {
    _ = try floats()
    if elementType.isWhole { _ = try integers() }
  }
}
