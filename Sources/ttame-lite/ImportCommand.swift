import ArgumentParser
import Explain

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Convert a network's weights to an int8 model file.",
    discussion: """
      Reads a network's weights, or a network as ONNX.

      Weights are safetensors in float32, float16 or bfloat16, as one file or an index of shards, with tensor names of torchvision, \
      timm or Hugging Face. docs/networks.md lists the families, ResNet, Vision Transformer and MobileNet among them. \
      Tools/convert_checkpoint.py converts PyTorch's own files to safetensors. \
      Preprocessing comes from the options, from --preset, from the metadata of the weights, from preprocessor_config.json or \
      config.json beside them (Hugging Face, timm), or else from the architecture, in this order. Labels come from --labels, or \
      from the same files. A message says what was found, and what is assumed.

      ONNX models are classifiers with one input [1, 3, height, width], or [1, 1, height, width] for grey, and one \
      output. If nothing is found, preprocessing is torchvision's. docs/networks.md lists the operators and the presets.

      Classes that are independent of each other (multi-label) have a sigmoid each. An ONNX model that ends in a sigmoid \
      says so; otherwise --probabilities sigmoid does.

      A network with one output becomes a binary classifier. Class 1 has the probability sigmoid(output), class 0 the rest. \
      Two labels name class 0 and class 1; one label names class 1. Without labels, the classes are negative and positive.

      Examples:
        ttame-lite import resnet50.safetensors -o model.safetensors
        ttame-lite import vit.safetensors -o vit-int8.safetensors --labels labels.txt
        ttame-lite import mobilenet.onnx -o mobilenet.safetensors --labels labels.txt
        ttame-lite import mobilenet.onnx -o mobilenet.safetensors --check photos/
        ttame-lite import mobilenet.onnx -o m.safetensors --check photos/ --json
        ttame-lite import keras.onnx -o keras.safetensors --preset tensorflow

      \(ExitStatus.help)
      """)

  @Argument(
    help: ArgumentHelp("The weights, an index of shards, or an ONNX model.", valueName: "WEIGHTS"),
    completion: .file())
  var weights: String

  @Option(
    name: [.short, .long], help: ArgumentHelp("The model file to write.", valueName: "MODEL"), completion: .file())
  var output: String

  @Option(
    name: .customLong("arch"),
    help: ArgumentHelp("Architecture (default: detected from the tensors).", valueName: "NAME"))
  var architecture: String?

  @Option(
    help: ArgumentHelp(
      "Labels: text with one a line, class 0 first, or JSON (id2label, imagenet_class_index, an array).",
      valueName: "FILE"), completion: .file())
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "Tensors that the head reads, as info --nodes or the ONNX file names them (default: found in the network).",
      valueName: "NAME,..."))
  var layers: NameParts?

  @Option(
    help: ArgumentHelp(
      "Class of the first label. With 1, class 0 is the background; with -1, the first label is left out (default: 0).",
      valueName: "N"))
  var labelOffset = 0

  @Option(
    help: ArgumentHelp(
      "A trained head, cam (Class Activation Mapping from the classifier), or none. Default: cam if the network allows it.",
      valueName: "cam|none|FILE"), completion: .file())
  var head: String?

  @Option(
    help: ArgumentHelp(
      "A ResNet-18 whose features feed the head instead of the classifier's, as in P-TAME; needs --head.",
      valueName: "WEIGHTS.safetensors"), completion: .file())
  var auxiliary: String?

  @Option(
    help: """
      What makes probabilities of the outputs: softmax if classes exclude each other, sigmoid if they are independent \
      (default: what the file says, or softmax).
      """)
  var probabilities: OutputFunction?

  @Option(help: "Precision of the stored weights; float32 is for comparison.")
  var precision = Precision.int8

  @Option(
    help: "Preprocessing of a library; the options below override parts of it (default: what is found, see below).")
  var preset: PreprocessingPreset?

  @Option(
    help: ArgumentHelp(
      "Layers that stay in float32; * is any text. See --check (default: none).", valueName: "NAME,..."
    ))
  var floatLayers: NameParts?

  @Option(
    help: ArgumentHelp(
      "Shorter side of the resized image in pixels (default: the network's own).",
      valueName: "PIXELS"))
  var resize: Int?

  @Option(
    help: ArgumentHelp(
      "The network's input in pixels: its side, or WIDTHxHEIGHT (default: the network's own).", valueName: "PIXELS"))
  var crop: PixelSize?

  @Option(help: "Interpolation when resizing (default: the network's own).")
  var interpolation: Interpolation?

  @Flag(inversion: .prefixedNo, help: "Whether shrinking averages over all pixels, as Pillow does, unlike OpenCV.")
  var antialias: Bool?

  @Option(help: "How images get the shape of the input (default: what the weights say, or crop).")
  var fit: Fit?

  @Option(
    help: ArgumentHelp("Colour of the bars of --fit letterbox, 0...255 (default: the mean).", valueName: "R,G,B"))
  var fill: ChannelValues?

  @Option(
    help: "How the network reads colours; gray is one channel (default: what the network or the weights say, or rgb).")
  var color: ColorOrder?

  @Option(
    help: ArgumentHelp(
      "Mean of red, green and blue, or one for all, in 0...1 or 0...255 (default: the network's own).",
      valueName: "R,G,B"))
  var mean: ChannelValues?

  @Option(help: ArgumentHelp("Standard deviation, in the same form (default: the network's own).", valueName: "R,G,B"))
  var std: ChannelValues?

  @Option(help: ArgumentHelp("Name of the model (default: the architecture's).", valueName: "NAME"))
  var name: String?

  @Option(help: ArgumentHelp("Licence of the weights (default: from their metadata).", valueName: "TEXT"))
  var licence: String?

  @Option(help: ArgumentHelp("Source of the weights (default: from their metadata).", valueName: "TEXT"))
  var source: String?

  @Option(
    help: ArgumentHelp(
      "Compare the int8 model with float32 on photographs: logits, predictions, maps and layers.",
      valueName: "DIR|LIST.tsv"), completion: .file())
  var check: String?

  @Option(help: ArgumentHelp("Maximum number of photographs for --check.", valueName: "N"))
  var checkImages = 16

  @OptionGroup var json: JSONOptions
  @OptionGroup var overwriting: OverwriteOptions

  func validate() throws {
    if check != nil, precision == .float32 {
      throw ValidationError("--check compares int8 with float32; omit --precision float32.")
    }
    if checkImages < 1 { throw ValidationError("--check-images must be at least 1.") }
    if layers != nil, auxiliary != nil {
      throw ValidationError("--layers and --auxiliary: give one of them; the auxiliary network has its own layers.")
    }
    if let crop, ![crop.width, crop.height].allSatisfy((1...4096).contains) {
      throw ValidationError("--crop must be 1 to 4096.")
    }
    if let resize, !(1...16384).contains(resize) { throw ValidationError("--resize must be 1 to 16384.") }
    if let fill, fill.levels == nil { throw ValidationError("--fill must be one or three whole numbers, 0 to 255.") }
  }

  func run() throws {
    let claims = overwriting.claims
    try claims.read(([weights, auxiliary].compactMap(\.self) + [head].compactMap(\.self)).flatMap(weightFiles))
    try claims.read([labels, check].compactMap(\.self))
    let report = try check.map { try QuantizationReport($0, count: checkImages) }
    try claims.read(report?.paths ?? [])
    try claims.write(output, as: .model, option: "-o")
    try claims.write(json, as: .importing)
    if report != nil, !json.isPrinted { try claims.writeStandardOutput() }
    var options = ImportOptions()
    (options.architecture, options.labels, options.precision) = (architecture, labels, precision)
    options.labelOffset = labelOffset
    (options.resize, options.crop, options.interpolation) = (resize, crop, interpolation)
    options.layers = layers?.names
    options.outputs = probabilities
    options.floatLayers = floatLayers?.names ?? []
    (options.preset, options.antialias, options.fit) = (preset, antialias, fit)
    (options.fill, options.color) = (fill?.levels, color)
    (options.mean, options.std) = (mean?.values, std?.values)
    (options.name, options.licence, options.source) = (name, licence, source)
    options.auxiliary = auxiliary
    options.head =
      switch head {
      case nil: .automatic
      case let name? where name.foldedName == "cam": .cam
      case let name? where name.foldedName == "none": .none
      case let file?: .file(file)
      }
    let summary: ImportSummary
    do {
      summary = try Interruption.protecting { () throws(ImportError) in
        try importModel(from: weights, to: output, options: options)
      }
    } catch {
      throw Failure(error, weights: weights, options: options)
    }
    let written: Model
    do {
      written = try Model(path: output)
      try written.verify()
    } catch { throw Failure(error, reading: output) }
    let model = summary.description
    var line = "\(output.shownPath): \(model.architecture), \(model.weights)"
    line += ", \(counted(model.classes, "class", plural: "classes"))"
    line += ", \(counted(summary.layers, "layer")), \(summary.parameters) parameters, \(summary.bytes) bytes"
    if let layer = summary.worstLayer {
      line += "; largest quantization error of a channel \(percent(summary.worstRelativeError)) in \(layer)"
    }
    printError(line)
    printError(summary.foundText)
    if summary.statisticsWereDivided {
      let (mean, std) = (model.preprocessing.mean.written, model.preprocessing.std.written)
      printError("mean and std are of pixels in 0...255 and were divided: mean \(mean), std \(std)")
    }
    if model.logits == 1 {
      printError(
        "one logit: a binary classifier of '\(model.labels[0].onOneLine)' and '\(model.labels[1].onOneLine)', by a sigmoid"
      )
    }
    if model.outputs == .sigmoid {
      printError("\(model.classes) independent classes: each has a probability of its own, by a sigmoid")
    }
    if model.head == nil && options.head == .automatic {
      printError(
        MethodName.usual(written) == .ttame
          ? "no class activation map: explanations need a head. ttame-lite train makes one; --head FILE takes a trained one"
          : "no head: explain uses \(MethodName.logitAttribution.rawValue), in one pass too. ttame-lite train makes a head"
      )
    }
    guard let report else { return try json.write(ImportReport(summary, output: output, check: nil), or: "") }
    let float: Model
    do {
      float = try Interruption.protecting { () throws(ImportError) in
        try floatReference(of: weights, options: options, in: parentFolder(output) ?? ".")
      }
    } catch { throw Failure(error, weights: weights, options: options) }
    let (figures, status) = try report.run(written, float)
    try json.write(ImportReport(summary, output: output, check: figures), or: figures.text)
    if let warning = figures.warning { printError("ttame-lite: warning: " + warning) }
    try status.end()
  }
}

/// Names with commas between them.
struct NameParts: ExpressibleByArgument {
  let names: [String]

  init?(argument: String) {
    names = namesInList(argument).map { String($0.drop(while: \.isWhitespace)) }
    if names.isEmpty { return nil }
  }
}

/// Numbers with commas between them, blanks around them or not.
struct ChannelValues: ExpressibleByArgument {
  let values: [Float]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { !$0.isWhitespace } }
    values = parts.compactMap { Float($0) }
    guard values.count == parts.count else { return nil }
  }

  /// Levels 0...255 of red, green and blue, given as one or three; nil where they are none.
  var levels: [UInt8]? {
    let levels = values.compactMap { UInt8(exactly: $0) }
    guard levels.count == values.count, [1, 3].contains(levels.count) else { return nil }
    return levels.count == 1 ? [levels[0], levels[0], levels[0]] : levels
  }
}

extension PixelSize: ExpressibleByArgument {
  /// A side, or width and height with an x between them.
  public init?(argument: String) {
    let sides = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(sides.count), let width = sides[0], let height = sides[sides.count - 1] else { return nil }
    self.init(width: width, height: height)
  }
}

extension [Float] {
  /// These numbers as the options take them.
  var written: String { map { $0.fixed(4) }.joined(separator: ",") }
}

extension Failure {
  /// What an error of an import means; each names the file that it is about.
  fileprivate init(_ error: ImportError, weights: String, options: ImportOptions = ImportOptions()) {
    switch error {
    case .pixelStatistics("mean", _, _) where options.mean != nil, .preprocessing(.mean) where options.mean != nil:
      self.init(.usage, "\(error)", subject: "--mean")
    case .pixelStatistics("std", _, _) where options.std != nil, .preprocessing(.std) where options.std != nil:
      self.init(.usage, "\(error)", subject: "--std")
    case .weights(let error): self.init(error, reading: weights)
    case .onnx(.file(let error)): self.init(error, reading: weights)
    case .onnx(.external(_, _, let file)): self.init(file.readStatus, "\(error)", subject: weights)
    case .shard(let path, let error): self.init(error, reading: path)
    case .head(let path, let error), .auxiliary(let path, let error): self.init(error, weights: path)
    case .auxiliaryWithoutHead: self.init(.usage, "\(error)", subject: "--auxiliary")
    case .labels(let path, let error), .configuration(let path, let error): self.init(error, reading: path)
    case .badConfiguration(let path, let problem): self.init(.badData, problem, subject: path)
    case .wrongColor where options.color != nil: self.init(.usage, "\(error)", subject: "--color")
    case .noLabelsToShift, .badLabelOffset: self.init(.usage, "\(error)", subject: "--label-offset")
    case .badLabels(let path, let error): self.init(.badData, "\(error)", subject: path)
    case .output(let path, let error): self.init(error, writing: path)
    case .unknownLayer, .repeatedLayer, .flatLayer: self.init(.usage, "\(error)", subject: "--layers")
    case .unknownFloatLayer: self.init(.usage, "\(error)", subject: "--float-layers")
    case .unknownArchitecture, .architectureOfGraph: self.init(.usage, "\(error)", subject: "--arch")
    default: self.init(.badData, "\(error)", subject: weights)
    }
  }
}
