import Explain
import Testing

/// Options as people type them: what is understood, and what is said of the rest.
@Suite struct ArgumentTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    /// What follows `ttame-lite: `, with `*` for what is left open.
    let message: String

    init(_ arguments: [String], _ message: String) { (self.arguments, self.message) = (arguments, message) }

    /// With arguments that have no blanks.
    init(_ command: String, _ message: String) {
      self.init(command.split(separator: " ").map(String.init), message)
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let values = [
    Row("explain photo.png --top -1", "--top must be 1 or more. (see ttame-lite explain --help)"),
    Row("explain photo.png --top=-3", "--top must be 1 or more. *"),
    Row("explain photo.png --top 1.5", "The value '1.5' is invalid for '--top <K>'; a whole number is needed (see *"),
    Row("explain photo.png --top five", "The value 'five' is invalid for '--top <K>'; a number is needed (see *"),
    Row("explain photo.png --top 99999999999999999999", "*'--top <K>'; the number is too large (see *"),
    Row("explain photo.png --top nan", "*'--top <K>'; *number *"),
    Row("explain photo.png --top", "Missing value for '--top <K>' (see ttame-lite explain --help)"),
    Row("explain photo.png --threads -2", "--threads must be 1 to 1024. *"),
    Row("explain photo.png --threads 99999999999", "--threads must be 1 to 1024. *"),
    Row("explain photo.png --alpha -0.5", "--alpha must be 0 to 1. *"),
    Row("explain photo.png --alpha -.5", "--alpha must be 0 to 1. *"),
    Row("explain photo.png --refine 1", "--refine must be 2 to 1000000. *"),
    Row("explain photo.png --refine 20 --method cam+30", "--refine 20 contradicts --method cam+30. *"),
    Row("explain photo.png --resolution 31", "--resolution must be 32 to 2048. *"),
    Row("explain photo.png --resolution 320 --method cam@448", "--resolution 320 contradicts --method cam@448. *"),
    Row(
      "explain photo.png --method cam+1",
      "*'cam+1' is invalid for '--method <NAME>'; in NAME@N, N is 32 to 2048; in NAME+N, 2 to 1000000 (see *"),
    Row("explain photo.png --method ttame@20", "*; in NAME@N, N is 32 to 2048; in NAME+N, 2 to 1000000 (see *"),
    Row("evaluate --data x --metrics ad --method cam,ttame@", "*; in NAME@N, N is 32 to 2048; *"),
    Row("evaluate --data x --metrics ad --method cam@320,gradcma", "*did you mean gradcam? *"),
    Row("explain photo.png --curve bright", "*'bright' is invalid for '--curve <linear|rank|POWER>'*"),
    Row("train --data photos -o out --trained-share 0", "--trained-share must be above 0 and at most 1. *"),
    Row("train --data photos -o out --trained-share 0.5 --init random", "--trained-share needs --init cam: *"),
    Row("train --data photos -o out --branch-limit -1", "--branch-limit must be at least 0. *"),
    Row("train --data photos -o out --branch-limit 9 --head lcam", "--branch-limit is for --head ttame: *"),
    Row("train --data photos -o out --branch-limit 9 --recipe paper", "--branch-limit needs --init cam: *"),
    Row("train --data photos -o out --trained-share 0.5 --recipe paper", "--trained-share needs --init cam: *"),
    Row("explain photo.png --curve 0", "*'0' is invalid for '--curve <linear|rank|POWER>'*"),
    Row("explain photo.png --alpha nan", "--alpha must be 0 to 1. *"),
    Row("explain photo.png --alpha -inf", "--alpha must be 0 to 1. *"),
    Row(
      "explain photo.png --alpha 0,5", "*'0,5' is invalid for '--alpha <0...1>'; use a decimal point: 0.5 *"),
    Row("explain photo.png --max-pixels 0", "*'0' is invalid for '--max-pixels <N>'; the number is out of range *"),
    Row("bench --only classify --model a --model b", "--only takes at most one --model, *"),
    Row("explain photo.png --alpha 1e999", "--alpha must be 0 to 1. *"),
    Row("explain photo.png --max-pixels -1", "*'-1' is invalid for '--max-pixels <N>'; the number is out of range *"),
    Row("explain photo.png --masks -5", "--masks must be 1 to 1000000. *"),
    Row("train --data list.tsv -o out --lr -1", "--lr must be above 0. *"),
    Row("train --data list.tsv -o out --loss-weights area=-1", "*--loss-weights*"),
    Row("train --data list.tsv -o out --loss-weights area", "*--loss-weights*"),
    Row(
      "train --data list.tsv -o out --loss-weights cross-entropy=1",
      "--loss-weights: cross-entropy is no term of --masks order; its terms are keeping, removal, brightness, area, variation. *"
    ),
    Row("train --data list.tsv -o out --masks mixed --loss-weights removal=1", "--loss-weights: removal is no term *"),
    Row("train --data list.tsv -o out --epochs -1", "--epochs must be 1 to 100000. *"),
    Row("bench --seconds -1", "--seconds must be 0 to 3600. *"),
    Row("bench --seconds nan", "--seconds must be 0 to 3600. *"),
    Row("classify photo.png --top 1 --top 2", "--top: is given twice, as '1' and as '2'; give it once *"),
    Row("explain photo.png -o a.png --output b.png", "--output: is given twice, as 'a.png' and as 'b.png'; *"),
    Row(["explain", "photo.png", "--model", ""], "Missing value for '--model': it is empty *"),
    Row(["explain", "photo.png", "-o", ""], "Missing value for '-o': it is empty *"),
    Row("explain --output= photo.png", "Missing value for '--output': it is empty *"),
    Row("explain -o= photo.png", "Missing value for '-o': it is empty *"),
    Row(["explain", ""], "an argument is empty ('') and names no file *"),
    Row(["classify", "photo.png", ""], "an argument is empty ('') and names no file *"),
    Row(["explain", "--", ""], "an argument is empty ('') and names no file *"),
    Row([""], "the command is empty ('') (see ttame-lite --help)"),
  ]

  private static let nearMisses = [
    Row("clasify photo.png", "'clasify' is not a command; did you mean classify? (see ttame-lite --help)"),
    Row("exlpain --help", "'exlpain' is not a command; did you mean explain? (see ttame-lite --help)"),
    Row("exlpain -h", "'exlpain' is not a command; did you mean explain? *"),
    Row("clasify photo.png --version", "'clasify' is not a command; did you mean classify? *"),
    Row("photo.png --help", "photo.png: a file is not a command; write: ttame-lite explain photo.png"),
    Row("help evalaute", "'evalaute' is not a command; did you mean evaluate? *"),
    Row("Explain photo.png", "'Explain' is not a command; did you mean explain? *"),
    Row("photo.png", "photo.png: a file is not a command; write: ttame-lite explain photo.png"),
    Row("missing.jpg", "missing.jpg: a file is not a command; write: ttame-lite explain missing.jpg"),
    Row("tiny.safetensors", "tiny.safetensors: a file is not a command; write: ttame-lite info tiny.safetensors"),
    Row("-", "-: a file is not a command; write: ttame-lite explain -"),
    Row("--model tiny explain", "--model: options follow the command: ttame-lite explain --model ..."),
    Row("explain photo.png --colourmap jet", "Unknown option '--colourmap'; did you mean --colormap? *"),
    Row("explain photo.png --color jet", "Unknown option '--color'; did you mean --colormap? *"),
    Row("explain photo.png -output x.png", "Unknown option '-output'; did you mean --output? *"),
    Row("explain photo.png -out x.png", "Unknown option '-out'; did you mean --output? *"),
    Row("classify photo.png --style mask", "Unknown option '--style'; it belongs to explain *"),
    Row("explain photo.png --method gradcm", "*'gradcm' is invalid for '--method <NAME>'; did you mean gradcam? *"),
    Row("explain photo.png --style overley", "*'overley' is invalid for '--style <style>'; did you mean overlay? *"),
    Row("explain photo.png --colormap grey", "*'grey' is invalid for *; did you mean gray? *"),
    Row("explain photo.png --method magic", "*; it is one of ttame, lcam, *centre (see ttame-lite explain --help)"),
    Row("explain photo.png --cpu avx", "*; did you mean avx2? *"),
    Row(
      "explain photo.png --method scorecam,cam", "*'scorecam,cam' is invalid for '--method <NAME>'; it takes one name *"
    ),
    Row("explain photo.png --cpu avx512", "*; did you mean avx512vnni? *"),
    Row(["evaluate", "--data", "x", "--metrics", "ad, raod"], "*; did you mean road? *"),
    Row("evaluate --data x --method ttame,gradcam+", "*; did you mean gradcam++? *"),
  ]

  private static let dashes = [
    Row("explain -dash.jpg", "-dash.jpg: *for the file write ./-dash.jpg or -- -dash.jpg"),
    Row("explain -photo.jpg", "-photo.jpg: *./-photo.jpg or -- -photo.jpg"),
    Row("explain photo.png -q.jpg", "-q.jpg: *./-q.jpg or -- -q.jpg"),
    Row("explain -oglued.png photo.png", "-oglued.png: *./-oglued.png or -- -oglued.png"),
    Row("explain -1.jpg", "-1.jpg: *./-1.jpg or -- -1.jpg"),
    Row("-h.jpg", "-h.jpg: *./-h.jpg or -- -h.jpg"),
    Row("explain photo.png -o -out.png", "-o -out.png: needs a value; to name a file, write ./-out.png"),
    Row("explain photo.png --version", "--version: *for the file write ./--version or -- --version"),
    Row("explain photo.png --help.jpg", "--help.jpg: *for the file write ./--help.jpg or -- --help.jpg"),
    Row("classify -hx photo.png", "Unknown option '-x' in '-hx' (see ttame-lite classify --help)"),
    Row("explain photo.png -vh", "Unknown option '-v' in '-vh' *"),
    Row("explain photo.png -qx", "Unknown option '-x' in '-qx' *"),
    Row("explain photo.png -help", "Unknown option '-help'; did you mean --help? *"),
    Row("explain photo.png -1", "Unknown option '-1' *"),
  ]

  @Test(arguments: values + nearMisses + dashes)
  func whatIsWantedIsSaid(_ row: Row) throws {
    let scratch = try Self.folder()
    let before = try scratch.files()
    let result = try Command.run(row.arguments, in: scratch.path)
    #expect(result.status == 64 && result.output.isEmpty && result.errorLines.count == 1)
    #expect(matches(result.error, "ttame-lite: \(row.message)\n"), "\(result.error)")
    #expect(try scratch.files() == before)
  }

  @Test(arguments: [
    "-omine.png", "-o=mine.png", "-o mine.png", "--output=mine.png", "-qomine.png", "-qo mine.png", "-qo=mine.png",
    "-q -q -o mine.png", "--style Overlay -o mine.png", "--colormap TURBO --method T-TAME -omine.png",
    "--fit Squash -omine.png",
  ])
  func valuesMayBeGlued(_ options: String) throws {
    let scratch = try Self.folder()
    let before = try scratch.files()
    let call = ["explain", "--model", "tiny.safetensors", "photo.png"] + options.split(separator: " ").map(String.init)
    let result = try Command.run(call, in: scratch.path)
    #expect(result.status == 0, "\(result.error)")
    #expect(try Set(scratch.files()).subtracting(before) == ["mine.png"])
  }

  @Test(arguments: [
    "./-dash.jpg", "-- -dash.jpg", "--top 1 -- -dash.jpg", "-- --version", "-- --help.jpg", "--top 1 -- --version",
    "./--version",
  ])
  func filesMayBeginWithADash(_ input: String) throws {
    let scratch = try Self.folder()
    let words = input.split(separator: " ").map(String.init)
    let result = try Command.run(["classify", "--model", "tiny.safetensors"] + words, in: scratch.path)
    #expect(result.status == 0 && result.text.contains("\(words.last ?? "")\n"), "\(result.error)")
  }

  @Test(arguments: [
    (["--metrics", "AD,Ic"], "ad"), (["--metrics", " ad , ic ", "--method", "CAM, Grad-CAM"], "gradcam"),
    (["--metrics", "ad,", "--method", "Random"], "random"),
  ])
  func namesInAnyCase(_ options: [String], _ expected: String) throws {
    let scratch = try Self.folder()
    let result = try Command.run(
      ["evaluate", "--model", "tiny.safetensors", "--data", "list.tsv", "--json"] + options, in: scratch.path)
    #expect(result.status == 0 && result.text.contains("\"\(expected)\""), "\(result.error)")
  }

  @Test func modelsAreSuggested() throws {
    let scratch = try Self.folder()
    let result = try Command.run(
      ["info", "tinny"], environment: ["TTAME_WEIGHTS": scratch.path])
    #expect(result.status == 66 && result.error.hasSuffix("; did you mean tiny?\n"), "\(result.error)")
  }

  private static func folder() throws -> Scratch {
    let scratch = try TinyStream().scratch
    let png = try TinyStream.frame(.png, 12, 9)
    for name in ["photo.png", "-dash.jpg", "-oglued.png", "--version", "--help.jpg"] {
      try scratch.write(png, to: name)
    }
    try scratch.write(Array("photo.png\t0\n".utf8), to: "list.tsv")
    return scratch
  }
}
