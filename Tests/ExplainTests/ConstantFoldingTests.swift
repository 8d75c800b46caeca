import Foundation
import Testing

@testable import Explain

/// Nodes of constants against onnx's reference implementation, by `Tools/onnx/constants.py`.
@Suite(.disabled(if: Emulation.isRepeated, Emulation.ranBefore)) struct ConstantFoldingTests {
  struct Values: Decodable, Sendable {
    var shape: [Int]
    var floats: [Float]?
    var integers: [Int]?

    var constant: ONNXConstant {
      floats.map { ONNXConstant($0, shape: shape) } ?? ONNXConstant(integers ?? [], shape: shape)
    }
  }

  enum Attribute: Decodable, Sendable {
    case int(Int)
    case ints([Int])
    case float(Float)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Int.self) {
        self = .int(value)
      } else if let value = try? container.decode([Int].self) {
        self = .ints(value)
      } else {
        self = .float(try container.decode(Float.self))
      }
    }

    var attribute: ONNXAttribute {
      switch self {
      case .int(let value): .int(value)
      case .ints(let values): .ints(values)
      case .float(let value): .float(value)
      }
    }
  }

  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var `operator`: String
    var attributes: [String: Attribute]
    var inputs: [Values?]
    var output: Values

    var testDescription: String { "\(`operator`) \(inputs.map { $0?.shape ?? [] })" }

    func result(limit: Int = 1000) throws -> ONNXConstant? {
      let node = ONNXNode(
        name: "n", opType: `operator`, domain: "", inputs: inputs.indices.map { inputs[$0] == nil ? "" : "x\($0)" },
        outputs: ["y"], attributes: attributes.mapValues(\.attribute))
      return try ConstantFolding(node: node, optionalInputs: inputs.map { $0?.constant }, limit: limit).result()
    }
  }

  private static let cases: [Case] = {
    let path = "\(ONNXFixture.folder)/constants.json"
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
  }()

  @Test func casesAreThere() { #expect(Self.cases.count > 80) }

  @Test(arguments: cases) func resultsAreTheReferences(_ example: Case) throws {
    let result = try #require(try example.result())
    #expect(result.shape == example.output.shape)
    if let expected = example.output.integers {
      // onnx has truth values where the program has floats of 0 and 1.
      let found = result.isWhole ? try result.integers() : try result.floats().map { Int($0) }
      #expect(found == expected)
    } else {
      let expected = try #require(example.output.floats)
      let scale = max(1, expected.map(abs).max() ?? 1)
      for (x, y) in zip(try result.floats(), expected) { #expect(abs(x - y) <= 2e-6 * scale) }
    }
  }

  /// Results that are larger than the limit are not computed.
  @Test(arguments: cases) func limitsHold(_ example: Case) throws {
    let isComputed = example.output.constant.count > 0 && example.inputs.contains { ($0?.constant.count ?? 0) > 1 }
    guard isComputed else { return }
    #expect(try example.result(limit: 0) == nil)
  }

  /// Tensors of no elements whose other lengths have no product.
  @Test(arguments: cases.map(\.operator)) func emptyTensorsAreNoTrap(_ name: String) throws {
    let empty = ONNXConstant([Float](), shape: [1 << 40, 1 << 40, 0])
    let whole = ONNXConstant([Int](), shape: [0, 1 << 40, 1 << 40])
    for (first, second) in [(empty, empty), (whole, whole), (empty, whole), (whole, empty)] {
      for shape in [[1, 1 << 40, 0], [1 << 40, 1, 1]] {
        var other = second
        other.shape = shape
        if other.count > 0 { continue }
        for inputs in [[first], [first, other], [first, other, other], [first, second, second, second, second]] {
          let node = ONNXNode(
            name: "n", opType: name, domain: "", inputs: inputs.indices.map { "x\($0)" }, outputs: ["y"],
            attributes: [:])
          let result = try? ConstantFolding(node: node, optionalInputs: inputs, limit: 1000).result()
          #expect((result?.count ?? 0) <= 1)
        }
      }
    }
  }

  /// What is repeated no times has no places, and lengths beside that none could count.
  @Test func nothingIsRepeatedToImpossibleLengths() throws {
    let node = ONNXNode(
      name: "n", opType: "Expand", domain: "", inputs: ["x", "shape"], outputs: ["y"], attributes: [:])
    for values in [ONNXConstant([1] as [Float], shape: [1]), ONNXConstant([1] as [Int], shape: [])] {
      let target = ONNXConstant([0, 1 << 61], shape: [2])
      #expect(try ConstantFolding(node: node, optionalInputs: [values, target], limit: 1000).result() == nil)
    }
  }
}
