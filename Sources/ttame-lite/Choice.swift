import ArgumentParser
import Explain
import Kernels

/// A value that is one of a few names, whatever the case of its letters, with or without hyphens.
protocol Choice: ExpressibleByArgument, CaseIterable, RawRepresentable, Equatable, Sendable where RawValue == String {
  /// The value that a user names; nil where there is none.
  static func named(_ name: String) -> Self?
}

extension Choice {
  public init?(argument: String) {
    guard let choice = Self.named(argument) else { return nil }
    self = choice
  }

  static func named(_ name: String) -> Self? {
    let name = name.foldedName
    return allCases.first { $0.rawValue.foldedName == name }
  }
}

extension CPUTier: Choice {}
extension ColorMap: Choice {}
extension ColorOrder: Choice {}
extension EvaluationMetric: Choice {}
extension Fit: Choice {}
extension HeadForm: Choice {}
extension HeadStart: Choice {}
extension Interpolation: Choice {}
extension MaskForm: Choice {}
extension MethodName: Choice {}
extension OperandPrecision: Choice {}
extension Optimizer: Choice {}
extension OutputFunction: Choice {}
extension Pass: Choice {}
extension Precision: Choice {}
extension PreprocessingPreset: Choice {}
extension RenderStyle: Choice {}

/// Names with commas between them, each once.
struct NameList<Name: Choice>: ExpressibleByArgument, Sendable {
  let values: [Name]

  init(_ values: [Name]) { self.values = values }

  init?(argument: String) {
    var values: [Name] = []
    for name in namesInList(argument) {
      guard let value = Name.named(name) else { return nil }
      if !values.contains(value) { values.append(value) }
    }
    guard !values.isEmpty else { return nil }
    self.values = values
  }

  static var allValueStrings: [String] { Name.allCases.map(\.rawValue) }

  /// The last name of the list that has been begun; those before it are not offered again.
  static var defaultCompletionKind: CompletionKind {
    .custom { _, _, begun in
      let head = begun.lastIndex(of: ",").map { begun[...$0] } ?? ""
      let given = namesInList(String(head))
      return allValueStrings.filter { !given.contains($0) }.map { head + $0 }
    }
  }

  var defaultValueDescription: String { values.map(\.rawValue).joined(separator: ",") }
}

/// The names that a user has written with commas between them.
func namesInList(_ text: String) -> [String] {
  text.split(separator: ",").map(String.init).filter { !$0.foldedName.isEmpty }
}
