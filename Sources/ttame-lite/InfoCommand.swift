import ArgumentParser
import Explain
import Kernels

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Describe this CPU, or a model.",
    discussion: """
      Examples:
        ttame-lite info
        ttame-lite info efficientnet-lite0
        ttame-lite info resnet50.safetensors --labels
        ttame-lite info resnet50.safetensors --nodes
        ttame-lite info resnet50.safetensors --verify

      \(ExitStatus.help)
      """)

  @Argument(
    help: ArgumentHelp("A model file, or its name in a weights folder.", valueName: "MODEL"), completion: .file())
  var model: String?

  @Flag(help: "List the model's classes, one a line: index, tab, label.")
  var labels = false

  @Flag(
    help: """
      List the tensors that import --layers can name, one a line: name, tab, height x width, tab, channels, tab, note. A branch \
      is a tensor that part of the network bypasses.
      """)
  var nodes = false

  @Flag(help: "Read the entire model and compare it with its checksum.")
  var verify = false

  func validate() throws {
    if labels, nodes { throw ValidationError("--labels and --nodes: give one of them.") }
  }

  func run() throws {
    guard let model else {
      if labels || nodes || verify { return try describe(ModelLocator.defaultName) }
      return try printOutput(table(machine))
    }
    try describe(model)
  }

  private func describe(_ name: String) throws {
    let path = try ModelLocator.find(name)
    let claims = FileClaims(force: false)
    try claims.read([path])
    try claims.writeStandardOutput()
    let model: Model
    do { model = try Model(path: path) } catch { throw Failure(error, reading: path) }
    let checksum = verify ? try verifiedChecksum(path, model) : nil
    if labels {
      let names = ClassNames(labels: model.description.labels, count: model.description.classes)
      return try printOutput((0..<names.count).map { "\($0)\t\(names.label($0))\n" }.joined())
    }
    if nodes { return try printOutput(model.featureCandidates.map(\.line).joined()) }
    try printOutput(table(rows(path, model) + (checksum.map { [("checksum", "\($0), intact")] } ?? [])))
  }

  private func verifiedChecksum(_ path: String, _ model: Model) throws -> String {
    let checksum: String?
    do { checksum = try model.verify() } catch { throw Failure(error, reading: path) }
    guard let checksum else {
      throw Failure(.badData, "has no checksum to verify; import it again", subject: path)
    }
    return checksum
  }

  private var machine: [(String, String)] {
    let tiers = CPUTier.available.map { $0 == CPUTier.best ? "\($0.rawValue) (used)" : $0.rawValue }
    let path = try? ModelLocator.find(ModelLocator.defaultName)
    return [
      ("version", Version.text),
      ("cpu", Machine.cpuName ?? "unknown"),
      ("instruction sets", tiers.joined(separator: ", ")),
      ("threads", "\(usableCores())"),
      ("default model", path?.shownPath ?? "\(ModelLocator.defaultName), not found"),
      ("weights folders", ModelLocator.folders.map(\.shownPath).joined(separator: ", ")),
    ]
  }

  private static func withoutHead(_ method: MethodName) -> String {
    method == .ttame ? "none: explanations need a head, or another --method" : "none: explain uses \(method.rawValue)"
  }

  private func rows(_ path: String, _ model: Model) -> [(String, String)] {
    let description = model.description
    let preprocessing = description.preprocessing
    var rows = [
      ("model", description.name),
      ("file", "\(path.shownPath), \(model.fileBytes) bytes"),
      ("architecture", description.architecture),
      ("weights", description.weights),
      ("nodes", "\(description.graph.nodes.count)"),
      (
        "classes",
        "\(description.classes)" + (description.labels.isEmpty ? ", no labels" : "")
          + (description.logits == 1
            ? ", of one logit and a sigmoid: \(description.labels.joined(separator: ", "))" : "")
          + (description.outputs == .sigmoid ? ", independent, with a sigmoid each" : "")
      ),
      (
        "input",
        "\(description.graph.inputShape), \(preprocessing.summary), "
          + "mean \(list(preprocessing.mean)), std \(list(preprocessing.std))"
      ),
    ]
    for layer in description.featureLayers {
      rows.append(("feature layer", "\(layer.name), \(model.shapes[layer.node].map(\.description) ?? "unknown")"))
    }
    rows.append(("head", description.head.map(\.summary) ?? Self.withoutHead(MethodName.usual(model))))
    if let rejection = description.rejection {
      let rule = rejection.rule()
      rows.append(
        (
          "none of these",
          "\(rule.score.rawValue) score below \(rule.threshold), \(percent(rule.falseRejects)) of known images "
            + "(\(counted(rejection.images, "image")) measured)"
        ))
    }
    rows.append(("licence", description.licence.isEmpty ? "unknown" : description.licence))
    rows.append(("source", description.source.isEmpty ? "unknown" : description.source))
    return rows
  }

  /// Names and values in two columns.
  private func table(_ rows: [(String, String)]) -> String {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { $0 + String(repeating: " ", count: width - $0.count + 2) + $1.onOneLine + "\n" }.joined()
  }

  private func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: " ") }
}

extension FeatureCandidate {
  fileprivate var line: String {
    var notes: [String] = []
    if !isBottleneck { notes.append("branch") }
    if let featureLayer { notes.append("feature layer \(featureLayer)") }
    return "\(name)\t\(shape.height)x\(shape.width)\t\(shape.channels)\t\(notes.joined(separator: ", "))\n"
  }
}

extension ModelDescription {
  /// The precision of the weights.
  var weights: String {
    let count = floatLayers.count
    return precision.rawValue + (count > 0 ? " with \(counted(count, "layer")) in float32" : "")
  }
}

extension HeadDescription {
  /// Branches that are the features themselves.
  private var plainBranches: String {
    let plain = branches.count { !$0.node.hasPrefix(Self.prefix) }
    return plain == 0 ? "" : ", \(plain) without a convolution"
  }

  /// What kind of maps the head makes.
  var summary: String {
    let used = branches.count { $0.fuse != nil }
    return switch kind {
    case .ttame: "ttame: trained T-TAME, \(branches.count) branches" + plainBranches
    case .lcam: "lcam: trained L-CAM, one convolution on the last feature layer"
    case .cam: "cam: Class Activation Mapping, not yet trained T-TAME (\(used) of \(branches.count) branches used)"
    }
  }
}
