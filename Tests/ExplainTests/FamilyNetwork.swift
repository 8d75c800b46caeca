import Foundation
import Kernels
import Testing

@testable import Explain

/// A small network under a library's names, of `Fixtures/families.json`, by `Tools/families.py`.
struct FamilyNetwork: Decodable {
  /// Of the weights of its layers; nil is 1.
  var gain: Double?
  /// PyTorch's, of the image `input`.
  var logits: [Float]
  var shapes: [String: [Int]]

  static func named(_ name: String) throws -> FamilyNetwork {
    try #require(try all()[name])
  }

  static func all() throws -> [String: FamilyNetwork] {
    try JSONDecoder().decode([String: FamilyNetwork].self, from: Data(Fixture.bytes("families.json")))
  }

  /// `[64, 64, 3]`.
  static var input: [Float] {
    let planes = uniform("input", count: 64 * 64 * 3)
    return planes.indices.map { planes[$0 % 3 * 64 * 64 + $0 / 3] }
  }

  /// - Parameter renamed: name and shape in the file.
  func write(
    _ path: String, metadata: [String: String] = [:],
    renamed: (_ name: String, _ shape: [Int]) -> (String, [Int]) = { ($0, $1) }
  ) throws {
    let tensors = shapes.map { (file: renamed($0, $1), values: values($0, $1)) }
    try SyntheticWeights(shapes: Dictionary(uniqueKeysWithValues: tensors.map(\.file)), metadata: metadata).write(
      path, Dictionary(uniqueKeysWithValues: tensors.map { ($0.file.0, $0.values) }))
  }

  /// Values from -1 to 1; the generator's state starts as the name's 64-bit FNV-1a hash.
  private static func uniform(_ name: String, count: Int) -> [Float] {
    let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var generator = SplitMix64(state: hash)
    return (0..<count).map { _ in generator.float(in: -1...1) }
  }

  private func values(_ name: String, _ shape: [Int]) -> [Float] {
    let draw = Self.uniform(name, count: shape.reduce(1, *))
    if name.hasSuffix("running_var") || (shape.count == 1 && name.hasSuffix("weight")) {
      return draw.map { 1 + 0.5 * $0 }
    }
    guard shape.count > 1 else { return draw.map { 0.2 * $0 } }
    let size = Float((gain ?? 1) * (6 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
    return draw.map { size * $0 }
  }
}
