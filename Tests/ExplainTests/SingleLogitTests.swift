@testable import Explain
import Foundation
import Testing

/// ResNet-18 with one output, random: a binary classifier.
@Suite struct SingleLogitTests {
  private let folder: TemporaryFolder
  private let values: [String: [Float]]

  init() throws {
    folder = try TemporaryFolder()
    values = try SyntheticWeights.resNet18(classes: 1).writeRandom(folder.file("w"), seed: 7)
  }

  private func imported(_ change: (inout ImportOptions) -> Void = { _ in }) throws -> Model {
    var options = ImportOptions()
    options.crop = 32
    options.resize = 32
    change(&options)
    _ = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    return try Model(path: folder.file("m"))
  }

  private func labels(_ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: folder.file("labels")))
    return folder.file("labels")
  }

  @Test func rowsAreHalvesOfTheLogit() throws {
    let model = try imported { $0.precision = .float32 }
    let names = try #require(model.names("fc"))
    let rows = model.packedRows(weight: names.weight, scale: nil)
    let weights = try #require(values["fc.weight"])
    #expect(model.description.classes == 2 && model.description.logits == 1)
    #expect(Array(rows[1][..<512]) == weights.map { $0 / 2 } && Array(rows[0][..<512]) == weights.map { -$0 / 2 })
    let bias = try #require(values["fc.bias"])[0]
    #expect(model.floats(names.bias)[0] == -bias / 2 && model.floats(names.bias)[1] == bias / 2)
  }

  @Test(arguments: Precision.allCases)
  func probabilitiesAreASigmoid(_ precision: Precision) throws {
    let session = Session(model: try imported { $0.precision = precision })
    let input: [Float] = (0..<32 * 32 * 3).map { Float($0 % 17) - 8 }
    let explained = try session.explain(input, classes: { _ in [0, 1] })
    let (logits, probabilities) = (explained.logits, session.probabilities(explained.logits))
    let z = Double(logits[1]) * 2
    let sigmoid = 1 / (1 + exp(-z))
    #expect(abs(Double(probabilities[1]) - sigmoid) < 1e-3)
    #expect(abs(probabilities[0] + probabilities[1] - 1) < 1e-5)
    let (negative, positive) = (explained.maps[0].values, explained.maps[1].values)
    let largest: Float = positive.map { abs($0) }.max() ?? 0
    #expect(largest > 0)
    let difference: Float = zip(negative, positive).map { abs($0 + $1) }.max() ?? 0
    #expect(difference <= 1e-3 * largest)
  }

  @Test(arguments: [
    ("", ["negative", "positive"]), ("cat\n", ["not cat", "cat"]), ("dog\ncat\n", ["dog", "cat"]),
  ])
  func bothClassesHaveLabels(_ text: String, _ expected: [String]) throws {
    let path = text.isEmpty ? nil : try labels(text)
    #expect(try imported { $0.labels = path }.description.labels == expected)
  }

  @Test func threeLabelsAreRefused() throws {
    let path = try labels("a\nb\nc\n")
    #expect(throws: ImportError.wrongLabelCount(labels: 3, classes: 2)) { try imported { $0.labels = path } }
  }

  /// A head that was trained with one logit has one map.
  @Test func aHeadsOnlyMapIsOfThePositiveClass() throws {
    let head = try SyntheticWeights.head([128, 256, 512], rows: 1).writeRandom(folder.file("head"), seed: 8)
    let model = try imported { ($0.precision, $0.head) = (.float32, .file(folder.file("head"))) }
    let description = try #require(model.description.head)
    let bias = try #require(head["fuse.bias"])[0]
    #expect(model.floats(description.bias)[0] == -bias && model.floats(description.bias)[1] == bias)
    let fuse = try #require(description.branches[0].fuse)
    let rows = model.packedRows(weight: fuse.weight, scale: nil)
    let weights = Array(try #require(head["fuse.weight"])[..<128])
    #expect(Array(rows[1][..<128]) == weights && Array(rows[0][..<128]) == weights.map { -$0 })
  }

  @Test func otherModelsSayNothingOfIt() throws {
    try SyntheticWeights.resNet18(classes: 2).writeZeros(folder.file("w2"))
    _ = try importModel(from: folder.file("w2"), to: folder.file("m2"))
    let description = try Model(path: folder.file("m2")).description
    #expect(description.logits == nil && description.classes == 2 && description.labels.isEmpty)
  }
}
