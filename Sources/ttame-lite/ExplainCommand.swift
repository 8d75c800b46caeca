import ArgumentParser
import Explain

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show where the classifier looked.",
    discussion: """
      Without -o, the output for photo.jpg is photo-explained.png in the current folder. Output for standard input goes to \
      standard output. With -o FOLDER, it is FOLDER/photo.png. With --json and without -o, no image is written. Several \
      classes give several images, photo-LABEL.png, or one after another on standard output. A panel shows all of them in \
      one image. If no class reaches --threshold, no image is written.

      Examples:
        ttame-lite explain photo.jpg
        ttame-lite explain photo.jpg -o out.png --class 'golden retriever'
        ttame-lite explain photos/ -o explained/ --style panel --top 3
        ttame-lite explain xray.png --threshold 0.5 --model findings.safetensors
        ttame-lite explain *.jpg --json-file report.jsonl
        curl -s URL | ttame-lite explain - -o - | display
        ffmpeg -i in.mp4 -f image2pipe -c:v mjpeg - | ttame-lite explain | ...
        ttame-lite explain photo.jpg --method gradcam
        ttame-lite explain photo.jpg --refine 100
        ttame-lite explain photo.jpg --resolution 448

      Methods:
      \(MethodName.list)

      \(ExitStatus.help)
      """)

  @Argument(
    help: ArgumentHelp(
      "PNG, JPEG, PNM or PAM files, or folders of them. - or no argument reads standard input.",
      valueName: "IMAGE|DIR|-"),
    completion: .file())
  var inputs: [String] = []

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Output file (PNG, JPEG or PPM, by its extension), folder, or - for standard output.", valueName: "FILE|DIR|-"),
    completion: .file())
  var output: String?

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp(
      "Explain this class instead of the predicted one: an index, a label or part of one, or a WordNet id of ImageNet; repeatable.",
      valueName: "INDEX|NAME"))
  var classes: [String] = []

  @Option(
    help: ArgumentHelp(
      "Explain the K most probable classes (default: 1; none with --class; all of them with --threshold).",
      valueName: "K"))
  var top: Int?

  @OptionGroup var threshold: ThresholdOptions
  @OptionGroup var rejecting: RejectOptions

  @Option(
    help: ArgumentHelp(
      "Explanation method (default: the model's head; without one, logit-attribution).", valueName: "NAME"))
  var method: MethodChoice?

  @Option(
    help: ArgumentHelp(
      "Refine the map on this image in N passes through the classifier, forward and backward ones together; 20 to 200 are useful (default: no refinement).",
      valueName: "N"))
  var refine: Int?

  @Option(
    help: ArgumentHelp(
      "Make the map with a larger or smaller network input, whose shorter side has N pixels; one more forward pass (default: the model's input).",
      valueName: "N"))
  var resolution: Int?

  @OptionGroup var methods: MethodParameters

  @Flag(help: "Score how far the map can be trusted, with one more forward pass through the masked image.")
  var trust = false

  @OptionGroup var fit: FitOptions

  @OptionGroup var look: LookOptions

  @Option(help: ArgumentHelp("Format of outputs without a file extension (default: png).", valueName: "png|jpg|ppm"))
  var format: PictureFormat?

  @Option(
    help: ArgumentHelp("Write logits, probabilities, maps and saliency as safetensors.", valueName: "FILE.safetensors"),
    completion: .file())
  var raw: String?

  @Flag(name: [.short, .long], help: "Suppress predictions and hints on standard error.")
  var quiet = false

  @OptionGroup var selecting: SelectionOptions
  @OptionGroup var reading: PictureOptions
  @OptionGroup var fast: FastDecodingOptions

  @OptionGroup var stream: StreamOptions
  @OptionGroup var naming: NamingOptions
  @OptionGroup var json: JSONOptions
  @OptionGroup var overwriting: OverwriteOptions
  @OptionGroup var model: ModelOptions

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top must be 1 or more.") }
    let mostClasses = classes.count + (top ?? (threshold.threshold != nil ? 2 : classes.isEmpty ? 1 : 0))
    if naming.skipExisting, look.style != .panel, mostClasses > 1 {
      throw ValidationError("--skip-existing needs one image per input; omit it, or use --style panel.")
    }
    if naming.skipExisting, inputs.isEmpty && selecting.filesFrom == nil || inputs.contains("-") {
      throw ValidationError("--skip-existing works with named files, not with standard input.")
    }
    if naming.skipExisting || naming.tree, output == nil, json.isPrinted {
      throw ValidationError("--json without -o writes no images; --tree and --skip-existing do not apply.")
    }
    if let refine, !MethodChoice.possiblePasses.contains(refine) {
      throw ValidationError("--refine must be 2 to 1000000.")
    }
    if let method, let passes = method.passes, let refine, refine != passes {
      throw ValidationError("--refine \(refine) contradicts --method \(method.rawValue).")
    }
    if let resolution, !MethodChoice.possibleSides.contains(resolution) {
      throw ValidationError("--resolution must be 32 to 2048.")
    }
    if let method, let side = method.side, let resolution, resolution != side {
      throw ValidationError("--resolution \(resolution) contradicts --method \(method.rawValue).")
    }
    if fast.isFast, look.size == .image, output != nil || !json.isPrinted {
      throw ValidationError("--fast-jpeg needs --size crop, or --json without -o; otherwise the entire image is drawn.")
    }
    if json.isPrinted, output == "-" { throw ValidationError("--json and -o - cannot share standard output.") }
  }

  func run() throws {
    let claims = overwriting.claims
    var list = try selecting.list(inputs, claims)
    try claims.read([try ModelLocator.find(model.model)])
    // With JSON alone there are no pictures.
    let destination = output == nil && json.isPrinted ? nil : try OutputDestination(pictures: output, inputs: list)
    let pictureFormat = try PictureFormat(
      for: destination ?? .currentFolder, wanted: format, isGray: look.style == .mask)
    var pictures = try destination.map {
      try OutputPlan($0, as: .picture, fileType: pictureFormat.fileType, claims: claims, naming: naming.naming)
    }
    let raw = try raw.map { try RawOutput($0, inputs: list, claims: claims, naming: naming.naming) }
    try claims.write(json, as: .explanations)
    if naming.skipExisting {
      let count = list.paths.count
      let isAnswered = try json.answered(.explanations)
      let skipped = try list.removeAll { input in
        try pictures?.hasPicture(of: .file(input.path), isAnswered: isAnswered?(input.path) ?? true) ?? false
      }
      if skipped > 0, !quiet {
        printError("\(skipped) of \(counted(count, "image")) already exist\(skipped == 1 ? "s" : ""); skipped")
      }
    }
    let source = InputSource(list, reading.decoding)
    let session = try model.makeSession()
    let method = choice(session.model)
    let progress = Progress(count: source.count, showsPasses: method.isLong)
    var options = methods.options(progress)
    options.comparesWithCAM = trust
    let explainer: Explainer
    do { explainer = try Explainer(session, method, options) } catch { throw Failure(error, reading: model.model) }
    // Methods of many passes have nothing to gain from pictures beside each other.
    let isUsual = method == MethodChoice(.usual(session.model))
    let workers = Workers(explainer, threads: isUsual ? session.threads : 1, pictures: source.count) { threads in
      guard session.fitsAgain else { return nil }
      return try Explainer(Session(model: session.model, tier: session.tier, threads: threads), method, options)
    }
    let selection = try ClassSelection(classes, top: top, threshold: threshold.threshold, session)
    let preprocessing = fit.preprocessing(session)
    let drawing = ExplanationDrawing(
      look: look, format: pictureFormat, drawsPictures: pictures != nil, marksInputs: pictures?.writesFiles == true)
    // One lane leaves drawing to the thread that delivers, so that computing goes on meanwhile.
    let run = ExplainRun(
      workers: workers, preprocessing: preprocessing, detail: method.preprocessing(preprocessing),
      selection: selection,
      decoding: fast.decoding(
        decoding(of: selection, pictureFormat, pictures != nil, raw != nil), preprocessing.largest(of: [method])),
      assessesTrust: trust, rejection: try rejecting.rule(for: session.model.description),
      drawing: workers.lanes > 1 ? drawing : nil)
    var output = ExplainOutput(
      name: method, selection: selection, drawing: drawing, pictures: pictures, raw: raw,
      json: try json.lines(continuing: naming.skipExisting ? .explanations : nil), say: progress.say)
    var warnings = DepthWarnings()
    var (filmHint, cropHint) = (FilmHint(), CropHint())
    // Minutes of one picture are too long to wait for.
    let worst = answerAll(
      source, progress, lanes: workers.lanes, input: workers.input, finishes: !method.isLong, prepare: run.prepare,
      compute: run.explain
    ) { explained in
      if let warning = warnings.line(explained.picture) { progress.say(warning) }
      let summary = try output.write(explained)
      guard !quiet else { return }
      progress.say(summary)
      [filmHint.line(explained.picture), cropHint.line(explained.picture)].compactMap(\.self).forEach(progress.say)
    }
    output.end()
    if !quiet { list.reportOmissions() }
    stream.report(source)
    try worst.end()
  }
}

extension ExplainCommand {
  /// The method that the user named, or the model's head, with its resolution and refinement.
  private func choice(_ model: Model) -> MethodChoice {
    var choice = method ?? MethodChoice(.usual(model))
    choice.side = resolution ?? choice.side
    choice.passes = refine ?? choice.passes
    return choice
  }

  /// How pictures are decoded, with what drawing and writing them will take.
  private func decoding(
    of selection: ClassSelection, _ format: PictureFormat, _ drawsPictures: Bool, _ writesNumbers: Bool
  ) -> DecodingOptions {
    var decoding = reading.decoding
    guard look.size == .image else { return decoding }
    // The file of all classes' saliency is mapped for its checksum.
    let numbers = writesNumbers ? selection.most * MemoryLayout<Float>.stride : 0
    let drawing = drawsPictures ? look.bytesBeside(classes: selection.most, keepsGray: format.hasGray) : 0
    decoding.bytesBeside = max(numbers, drawing)
    return decoding
  }
}

extension PictureFormat: ExpressibleByArgument {
  public init?(argument: String) { self.init(ending: argument) }
}

extension DisplayCurve: ExpressibleByArgument {
  private static let powers = 0.05...20.0

  public init?(argument: String) {
    switch argument.foldedName {
    case "linear": self = .linear
    case "rank": self = .rank
    default:
      guard let power = Double(argument), Self.powers.contains(power) else { return nil }
      self = .power(power)
    }
  }

  public var defaultValueDescription: String { "linear" }
}

/// How explanations look.
struct LookOptions: ParsableArguments {
  /// What a picture shows of its input.
  enum Size: String, Choice {
    /// All of it.
    case image
    /// The part that the network saw, in the network's resolution.
    case crop
  }

  @Option(help: "Style of the output image.")
  var style = RenderStyle.overlay

  @Option(name: .customLong("colormap"), help: "Colour map of the heat map.")
  var colorMap = ColorMap.turbo

  @Option(help: ArgumentHelp("Opacity of the heat map in overlays.", valueName: "0...1"))
  var alpha = 0.5

  @Option(
    help: ArgumentHelp(
      "Brightness of the picture: the saliency as it is (linear), the share of colder pixels (rank), or the saliency raised to a power.",
      valueName: "linear|rank|POWER"))
  var curve = DisplayCurve.linear

  @Option(help: "Show the entire image, or only the crop that the network saw.")
  var size = Size.image

  func validate() throws {
    if !(0...1).contains(alpha) { throw ValidationError("--alpha must be 0 to 1.") }
  }

  /// Most memory that pictures take while they are drawn and encoded, beside the pixels of the photograph, in bytes a pixel of
  /// it.
  ///
  /// - Parameters:
  ///   - classes: how many are explained.
  ///   - keepsGray: whether masks are encoded as they are, one byte a pixel.
  func bytesBeside(classes: Int, keepsGray: Bool) -> Int {
    switch style {
    // All but the last are drawn on copies. Panels are small.
    case .overlay, .masked: classes > 1 ? 6 : 3
    case .panel: classes > 1 ? 3 : 0
    // The photograph makes room for the picture: this one and its encoding; as a mask in colours its levels too.
    case .heatmap: 3
    case .mask: keepsGray ? 0 : 4
    }
  }

  var renderer: Renderer { Renderer(colorMap: colorMap, alpha: alpha, curve: curve) }
}
