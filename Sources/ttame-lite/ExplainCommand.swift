import ArgumentParser
import Explain

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show where the classifier looked.",
    discussion: """
      Without -o the picture of photo.jpg is photo-explained.png in the current folder, and that of standard input goes \
      to standard output. In a folder it is FOLDER/photo.png. Several classes give several pictures, photo-LABEL.png, or \
      one after the other on standard output; a panel shows them all in one.

      Examples:
        ttame-lite explain photo.jpg
        ttame-lite explain photo.jpg -o out.png --class 'golden retriever'
        ttame-lite explain photos/ -o explained/ --style panel --top 3
        curl -s URL | ttame-lite explain - -o - | display
        ffmpeg -i in.mp4 -f image2pipe -c:v mjpeg - | ttame-lite explain | ...
        ttame-lite explain photo.jpg --method gradcam

      Methods:
      \(MethodName.list)
      """)

  @Argument(
    help: ArgumentHelp(
      "PNG, JPEG or PNM files, or folders of them; - or nothing is standard input.", valueName: "IMAGE|DIR|-"))
  var inputs: [String] = []

  @Option(
    name: [.short, .long], help: ArgumentHelp("PNG file, folder, or - for standard output.", valueName: "FILE|DIR|-"))
  var output: String?

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp("Explain this class instead of the predicted one; may be repeated.", valueName: "INDEX|NAME"))
  var classes: [String] = []

  @Option(help: ArgumentHelp("Explain the K most probable classes.", valueName: "K"))
  var top: Int?

  @Option(help: ArgumentHelp("How to explain (default: the model's head).", valueName: "NAME"))
  var method: MethodName?

  @OptionGroup var methods: MethodParameters

  @Flag(help: "Look at the image through its map, one more forward pass, and say whether the map can be trusted.")
  var trust = false

  @OptionGroup var look: LookOptions

  @Option(
    help: ArgumentHelp("Write logits, probabilities, maps and saliency as safetensors.", valueName: "FILE.safetensors"))
  var raw: String?

  @Option(
    help: ArgumentHelp(
      "Write one JSON object a line and image. With '--json -' and no -o there are no pictures.", valueName: "FILE|-"))
  var json: String?

  @Flag(name: [.short, .long], help: "Do not name the predictions on standard error.")
  var quiet = false

  @OptionGroup var stream: StreamOptions

  @OptionGroup var model: ModelOptions

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top must be 1 or more.") }
    if json == "-", output == "-" { throw ValidationError("--json - and -o - cannot share standard output.") }
  }

  func run() throws {
    let list = try InputList(inputs)
    let source = InputSource(list)
    let session = try model.makeSession()
    let method = method ?? .ofHead(session.model.description)
    let progress = Progress(count: source.count, showsPasses: method.isLong)
    var options = methods.options(progress)
    options.comparesWithCAM = trust
    let explainer: any ExplanationMethod
    do { explainer = try method.makeMethod(session, options) } catch {
      throw Failure(error, reading: model.model)
    }
    let writesPictures = self.output != nil || json != "-"
    let selection = try ClassSelection(classes, top: top, session.model.description)
    let run = ExplainRun(session: session, method: explainer, selection: selection, assessesTrust: trust)
    var output = ExplainOutput(
      name: method, selection: selection, look: look,
      pictures: writesPictures ? try OutputPlan(self.output, inputs: list.paths, hasFolders: list.hasFolders) : nil,
      raw: try raw.map { try RawOutput($0, inputs: list) },
      json: try json.map { try JSONLines(path: $0) })
    // Minutes of one picture are too long to wait for.
    let worst = answerAll(
      source, progress, finishes: !method.isLong, prepare: run.prepare, compute: run.explain
    ) { explained in
      let summary = try output.write(explained)
      if !quiet { progress.say(summary) }
    }
    if !quiet { list.reportOmissions() }
    stream.report(source)
    try worst.end()
  }
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

  @Option(help: "What to draw.")
  var style = RenderStyle.overlay

  @Option(name: .customLong("colormap"), help: "How saliency becomes colour.")
  var colorMap = ColorMap.turbo

  @Option(help: ArgumentHelp("Opacity of the heat in overlays.", valueName: "0...1"))
  var alpha = 0.5

  @Option(help: "The whole input image, or the crop that the network saw.")
  var size = Size.image

  func validate() throws {
    if !(0...1).contains(alpha) { throw ValidationError("--alpha must be 0 to 1.") }
  }

  var renderer: Renderer { Renderer(colorMap: colorMap, alpha: alpha) }
}
