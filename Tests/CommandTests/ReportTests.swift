import Explain
import Testing

/// What is said in JSON and in words.
@Suite struct ReportTests {
  @Test func explainFollowsTheSchema() throws {
    let scratch = try Scratch()
    let result = try Command.run(["explain", Photos.espresso, "--json"], in: scratch.path)
    #expect(result.status == 0)
    #expect(try scratch.files() == [])
    let reports = try JSONValue.lines(result.text)
    #expect(reports.count == 1)
    let report = reports[0]
    #expect(
      report.keys == [
        "input", "model", "width", "height", "fit", "crop", "method", "predictions", "explanations", "milliseconds",
      ])
    let photo = try Image(decoding: Command.bytes(of: Photos.espresso))
    #expect(report["input"] == .string(Photos.espresso))
    #expect(report["model"] == .string("efficientnet-lite0"))
    #expect(report["method"] == .string("ttame"))
    #expect(report["width"] == .number(Double(photo.width)) && report["height"] == .number(Double(photo.height)))
    #expect(report["predictions"].count == 5)
    #expect(report["predictions"][0].keys == ["class", "label", "probability"])
    #expect(report["predictions"][0]["label"] == .string("espresso"))
    let explanation = report["explanations"][0]
    #expect(explanation.keys == ["class", "label", "map", "area", "peak", "flat"])
    #expect(explanation["map"].keys == ["width", "height", "min", "max"])
    #expect(explanation["flat"] == .bool(false))
    #expect((0.01..<0.6).contains(explanation["area"].number ?? 0))
    #expect((0..<Double(photo.width)).contains(explanation["peak"]["x"].number ?? -1))
    #expect((0..<Double(photo.height)).contains(explanation["peak"]["y"].number ?? -1))
    #expect(report["milliseconds"].keys == ["decode", "forward", "explain", "encode"])
    #expect((report["milliseconds"]["forward"].number ?? 0) > 0)
  }

  @Test func oneLinePerImageNamesItsOutput() throws {
    let scratch = try Scratch()
    let result = try Command.run(
      ["explain", "-q", Photos.cat, Photos.espresso, "-o", "out/", "--json"], in: scratch.path)
    let outputs = try JSONValue.lines(result.text).map { $0["explanations"][0]["output"] }
    #expect(outputs == [.string("out/cat.png"), .string("out/espresso.png")])
  }

  @Test func classifyPrintsTheBestClasses() throws {
    let result = try Command.run(["classify", "-q", "--top", "2", Photos.espresso])
    #expect(result.status == 0 && result.error.isEmpty)
    let lines = result.text.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0] == Photos.espresso && lines[1].hasSuffix(" %  espresso (967)"))
  }

  @Test func classifyWritesJSON() throws {
    let result = try Command.run(
      ["classify", "--json", "--top", "3", Photos.espresso, "-"], input: Photos.jpeg("cat.jpg"))
    let reports = try JSONValue.lines(result.text)
    #expect(reports.map { $0["predictions"].count } == [3, 3])
    #expect(reports[1]["input"] == .string("-") && reports[1]["frame"] == .number(1))
    #expect(reports[0].keys == ["input", "model", "width", "height", "fit", "crop", "predictions", "milliseconds"])
  }

  @Test func classifyAndExplainAgree() throws {
    let classified = try JSONValue.lines(try Command.run(["classify", "--json", Photos.cat]).text)
    let explained = try JSONValue.lines(try Command.run(["explain", "-q", "--json", Photos.cat]).text)
    #expect(classified[0]["predictions"] == explained[0]["predictions"])
  }

  @Test func evaluateCountsHits() throws {
    let scratch = try Scratch()
    try scratch.write(Photos.jpeg("espresso.jpg"), to: "espresso.jpg")
    try scratch.write(Array("espresso.jpg\t967\nespresso.jpg\t0\n\nespresso.jpg\t-1\n".utf8), to: "list.tsv")
    let text = try Command.run(["evaluate", "--data", scratch / "list.tsv", "--metrics", "accuracy"])
    #expect(text.text == "efficientnet-lite0: top-1 50.0 %, top-5 50.0 % of 2 images\n")
    let json = try Command.run(["evaluate", "--data", "list.tsv", "--json"], in: scratch.path)
    let report = try JSONValue.lines(json.text)[0]
    #expect(report["images"] == .number(2) && report["failed"] == .number(0))
    #expect(report["metrics"]["top1"] == .number(0.5) && report["metrics"]["top5"] == .number(0.5))
  }

  @Test func infoDescribesCPUAndModel() throws {
    let cpu = try Command.run(["info"])
    #expect(cpu.status == 0 && cpu.text.contains("instruction sets") && cpu.text.contains("reference"))
    let model = try Command.run(["info", "efficientnet-lite0"])
    for fact in [
      "tf_efficientnet_lite0", "int8", "conv_head, 7x7x1280", "Apache-2.0", "trained T-TAME, 3 branches",
    ] {
      #expect(model.text.contains(fact), "\(fact)")
    }
    let labels = try Command.run(["info", "--labels"])
    #expect(labels.text.hasPrefix("0\ttench\n"))
  }

  @Test(arguments: [["--help"], ["explain", "--help"], ["--version"], ["--generate-completion-script", "bash"]])
  func helpGoesToStandardOutput(_ arguments: [String]) throws {
    let result = try Command.run(arguments)
    #expect(result.status == 0 && !result.output.isEmpty && result.error.isEmpty)
  }
}
