import Explain

extension Preprocessing {
  /// How pictures are fitted, resized and read, without mean and deviation.
  var summary: String {
    var filter = interpolation.rawValue
    if !antialias, interpolation != .nearest { filter += " without antialiasing" }
    var text = fit == .none ? fitting : "\(fitting) (\(filter))"
    if let fill { text += ", bars of \(fill.map { "\($0)" }.joined(separator: ","))" }
    if color != .rgb { text += ", \(color.rawValue)" }
    return text
  }

  private var fitting: String {
    switch fit {
    case .crop: "resized to \(resize)"
    case .squashCrop: "squashed to \(resize)"
    case .squash, .letterbox: "fitted by \(fit.rawValue)"
    case .none: "not resized"
    }
  }
}

extension ImportSummary {
  /// What was found about preprocessing and classes, and what is assumed: a short paragraph.
  var foundText: String {
    let rule = description.preprocessing
    let first = "input \(rule.crop), \(rule.summary), mean \(rule.mean.written), std \(rule.std.written)"
    return ([first] + origins + [labelText]).joined(separator: ". ") + "."
  }

  /// The parts of the preprocessing by their sources, in the order of the parts.
  private var origins: [String] {
    var sources: [String?] = []
    for part in preprocessing where !sources.contains(part.source) { sources.append(part.source) }
    return sources.map { source in
      let parts = preprocessing.filter { $0.source == source }
      let names = parts.count == preprocessing.count ? "all" : parts.map(\.part.rawValue).joined(separator: ", ")
      if let source { return "From \(source): \(names)" }
      let basis =
        description.architecture == "onnx" ? "as torchvision has it" : "as published for \(description.architecture)"
      return "Assumed, \(basis): \(names); --preset and other options change it"
    }
  }

  private var labelText: String {
    if let unusedLabels {
      return "\(unusedLabels.origin) has \(counted(unusedLabels.count, "label")) for "
        + "\(counted(description.classes, "class", plural: "classes")), which are not used; see --labels and --label-offset"
    }
    guard let labels else { return "No labels: --labels names the classes" }
    return "Labels from \(labels.onOneLine)"
  }
}
