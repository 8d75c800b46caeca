import ArgumentParser
import Explain

extension MethodName {
  /// A line for each method: its name and what it is.
  static var list: String {
    let width = allCases.map(\.rawValue.count).max() ?? 0
    return allCases.map { name in
      "  " + name.rawValue + String(repeating: " ", count: width + 2 - name.rawValue.count) + name.summary
    }.joined(separator: "\n")
  }

  /// Whether one map takes so many passes that people want to see how far it is.
  var isLong: Bool { [.scoreCAM, .rise, .integratedGradients, .smoothGrad].contains(self) }
}

extension MethodChoice: Choice {
  public static var allCases: [MethodChoice] { MethodName.allCases.map { MethodChoice($0) } }

  static func named(_ text: String) -> MethodChoice? { MethodChoice(text, named: MethodName.named) }

  /// Whether one map takes so many passes that people want to see how far it is.
  var isLong: Bool { passes != nil || name.isLong }
}

extension Preprocessing {
  /// What is read in the largest resolution: for the network itself, or for a method's own one.
  func largest(of methods: [MethodChoice]) -> Preprocessing {
    ([self] + methods.compactMap { $0.preprocessing(self) }).max { $0.resize < $1.resize } ?? self
  }
}

/// What methods other than the model's own head may be told.
struct MethodParameters: ParsableArguments {
  @Option(help: ArgumentHelp("Seed of the random numbers.", valueName: "N"))
  var seed = 0

  @Option(help: ArgumentHelp("Number of RISE masks, one forward pass each.", valueName: "N"))
  var masks = MethodOptions().masks

  func validate() throws {
    if !(1...1_000_000).contains(masks) { throw ValidationError("--masks must be 1 to 1000000.") }
  }

  /// - Parameter progress: shows the passes of long explanations.
  func options(_ progress: Progress) -> MethodOptions {
    var options = MethodOptions()
    options.seed = seed
    options.masks = masks
    options.progress = { progress.show(pass: $0, of: $1) }
    return options
  }
}
