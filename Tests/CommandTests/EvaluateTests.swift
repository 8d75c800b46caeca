import Testing

/// Metrics, methods and trust, from the command line.
@Suite struct EvaluateTests {
  /// A list of two bundled photographs; boxes around the cup and all of the cat.
  private func list(_ scratch: Scratch) throws -> String {
    try scratch.write(
      Array("\(Photos.espresso)\t967\t100\t50\t500\t350\n\(Photos.cat)\t281\t0\t0\t5000\t5000\n".utf8), to: "list.tsv")
    return scratch / "list.tsv"
  }

  private func report(_ arguments: [String]) throws -> JSONValue {
    let result = try Command.run(["evaluate", "--json"] + arguments)
    #expect(result.status == 0, "\(result.error)")
    return try JSONValue.lines(result.text)[0]
  }

  @Test func aListWithoutAnyPictureIsAnErrorLikeOthers() throws {
    let tiny = try TinyStream()
    try tiny.scratch.write(Array("missing.png\t0\n".utf8), to: "gone.tsv")
    let result = try Command.run(["evaluate", "--data", "gone.tsv"] + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 66 && result.output.isEmpty)
    #expect(
      result.error == "ttame-lite: missing.png: no such file\nttame-lite: gone.tsv: no image could be read\n")
  }

  /// One of anything is no plural.
  @Test func oneImageIsOneImage() throws {
    let tiny = try TinyStream()
    try tiny.scratch.write(try TinyStream.frame(.png, 30, 30), to: "p.png")
    try tiny.scratch.write(Array("p.png\t3\t-9\t-9\t20\t20\n".utf8), to: "list.tsv")
    let result = try Command.run(
      ["evaluate", "--data", "list.tsv", "--metrics", "accuracy,ad,pointing"] + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0, "\(result.error)")
    for part in ["% of 1 image\n", "% of 1 image with a box\n", "of 1 box: 1 cut by an edge\n"] {
      #expect(result.text.contains(part), "\(part): \(result.text)")
    }
  }

  @Test(.disabled(if: Command.isEmulated, "takes minutes under emulation")) func everyMetricOfTheOwnHead() throws {
    let scratch = try Scratch()
    let list = try list(scratch)
    let all = "accuracy,ad,ic,road,insertion,deletion,pointing,energy,iou,adcc,saco,patch-deletion,trust"
    let metrics = try report(["--data", list, "--metrics", all, "--steps", "4"])["metrics"]
    #expect(metrics["top1"] != .null && metrics["method"] == .null)
    for name in ["ad", "ic", "rankAD", "rankIC"] {
      #expect(metrics[name]["100"] != .null && metrics[name]["15"] != .null)
    }
    for order in ["morf", "lerf"] {
      #expect(metrics["road"][order]["10"] != .null && metrics["road"][order]["90"] != .null)
    }
    for name in ["saco", "rankSaco", "patchDeletion", "rankPatchDeletion"] {
      let value = try #require(metrics[name].number, "\(name)")
      #expect((-1...1).contains(value), "\(name): \(value)")
    }
    for name in [
      "insertion", "deletion", "pointing", "pointing15", "energy", "rankEnergy", "iou", "adcc", "coherency",
      "complexity", "trust",
    ] {
      let value = try #require(metrics[name].number, "\(name)")
      #expect((0...1).contains(value), "\(name): \(value)")
    }
    #expect(metrics["boxes"] == .number(2) && metrics["cost"]["forwardPasses"] == .number(1))
  }

  @Test(.disabled(if: Command.isEmulated, "takes minutes under emulation")) func methodsShareATable() throws {
    let scratch = try Scratch()
    let list = try list(scratch)
    let arguments = ["--data", list, "--metrics", "ad,road", "--method", "gradcam,rise,centre", "--masks", "9"]
    let first = try report(arguments + ["--threads", "1", "--log", scratch / "log.jsonl"])
    let methods = first["methods"]
    #expect((0..<3).map { methods[$0]["method"].string } == ["gradcam", "rise", "centre"])
    #expect(methods[1]["cost"]["forwardPasses"] == .number(10) && methods[0]["cost"]["backwardPasses"] == .number(1))
    #expect(first["metrics"]["ad"] == .null)
    let lines = try JSONValue.lines(String(decoding: Command.bytes(of: scratch / "log.jsonl"), as: UTF8.self))
    #expect(lines.count == 6 && lines[4]["method"] == .string("rise") && lines[4]["masked"]["50"] != .null)
    #expect(methods[0]["differences"] == .null && methods[1]["differences"]["rankAD50"]["low"] != .null)
    #expect((0..<3).map { first["movedByCurve"][$0].string } == ["ad100", "ad50", "ad15"])
    #expect(first["movedByCurve"].count == 3 && lines[4]["rankMasked"]["50"] != .null)
    let others = try report(arguments + ["--threads", "2"])["methods"]
    for i in 0..<3 {
      #expect(methods[i]["ad"]["50"] != .null && methods[i]["ad"] == others[i]["ad"])
      #expect(methods[i]["road"]["morf"]["10"] != .null && methods[i]["road"] == others[i]["road"])
      #expect(methods[i]["differences"] == others[i]["differences"])
    }
    let text = try Command.run(["evaluate"] + arguments)
    #expect(text.text.contains("gradcam") && text.text.contains("MoRF 10") && text.text.contains("AD 15~"))
    #expect(text.text.contains("minus gradcam") && text.text.contains("rank AD 15"))
  }

  @Test func whatCannotBeMeasuredIsSaid() throws {
    let scratch = try Scratch()
    try scratch.write(Array("\(Photos.cat)\n".utf8), to: "plain.tsv")
    let plain = scratch / "plain.tsv"
    let cases: [([String], Int32, String)] = [
      (["--metrics", "pointing"], 65, "need boxes, but no line has one"),
      (["--metrics", "ad", "--method", "attention-rollout"], 65, "needs the attention layers"),
      (["--method", "gradcam"], 64, "add --metrics"),
      (["--metrics", "beauty"], 64, "beauty"),
      (["--metrics", "ad", "--steps", "0"], 64, "--steps"),
    ]
    for (arguments, status, message) in cases {
      let result = try Command.run(["evaluate", "--data", plain] + arguments)
      #expect(result.status == status && result.error.contains(message), "\(arguments): \(result.error)")
      #expect(result.errorLines.count == 1)
    }
  }

  @Test func explainTakesAMethodAndSaysWhetherToTrustIt() throws {
    let result = try Command.run(["explain", "--json", "--trust", "--method", "gradcam", Photos.espresso])
    #expect(result.status == 0, "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["method"] == .string("gradcam"))
    let trust = report["explanations"][0]["trust"]
    #expect(trust["score"] != .null && trust["survives"] == .bool(true) && trust["agreement"] == .null)
    #expect(result.error.contains("the map's hotter half alone"))
    let plain = try JSONValue.lines(try Command.run(["explain", "-q", "--json", Photos.espresso]).text)[0]
    #expect(plain["method"] == .string("ttame"))
    #expect(plain["explanations"].count == 1 && plain["explanations"][0]["trust"] == .null)
  }

  @Test(arguments: [
    ("--refine 4", "ttame+4", 28), ("--method cam+4", "cam+4", 28), ("--method cam --refine 4", "cam+4", 28),
    ("--resolution 320", "ttame@320", 40), ("--method cam@448", "cam@448", 14),
    ("--resolution 320 --method cam --refine 4", "cam@320+4", 28),
  ])
  func explainRefinesAndEnlarges(_ options: String, _ name: String, _ side: Double) throws {
    func explain(_ options: [String]) throws -> JSONValue {
      let result = try Command.run(["explain", "-q", "--json", Photos.espresso] + options)
      #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
      return try JSONValue.lines(result.text)[0]
    }
    let report = try explain(options.split(separator: " ").map(String.init))
    #expect(report["method"] == .string(name))
    #expect(report["explanations"][0]["map"]["width"] == .number(side))
    #expect(report["predictions"] == (try explain([]))["predictions"])
  }
}
