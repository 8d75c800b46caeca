import Explain
import Glibc
import Testing

/// `teach` on small made-up pictures, with the bundled network.
@Suite struct TeachTests {
  /// Folders of classes that differ in colour and pattern.
  private struct Photographs {
    let scratch: Scratch
    static let classes = ["stripes", "sky", "checks"]

    init(_ count: Int, classes: [String] = Self.classes) throws {
      scratch = try Scratch()
      for label in classes {
        try scratch.makeFolder("photos/\(label)")
        for number in 0..<count {
          try scratch.write(Self.ppm(label, number), to: "photos/\(label)/\(number).ppm")
        }
      }
    }

    var folder: String { scratch / "photos" }

    /// A picture of a class; each number another one.
    static func ppm(_ label: String, _ number: Int) -> [UInt8] {
      let side = 96
      var pixels: [UInt8] = []
      var random = UInt32(truncatingIfNeeded: number &* 2_654_435_761 &+ label.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
      for y in 0..<side {
        for x in 0..<side {
          random = random &* 1_664_525 &+ 1_013_904_223
          let noise = Int(random >> 27)
          let (r, g, b) =
            switch label {
            case "stripes": (x + 3 * number) / 12 % 2 == 0 ? (230, 200, 40) : (20, 20, 20)
            case "sky": (90 + y / 2, 150 + number * 3, 230)
            case "checks": ((x + number) / 8 + (y + 2 * number) / 8) % 2 == 0 ? (240, 240, 240) : (180, 20, 30)
            default: (Int(random % 251), Int(random / 7 % 241), Int(random / 11 % 239))
            }
          pixels += [r, g, b].map { UInt8(max(0, min(255, $0 + noise - 16))) }
        }
      }
      return Array("P6\n\(side) \(side)\n255\n".utf8) + pixels
    }
  }

  private func teach(_ arguments: [String]) throws -> Command.Result { try Command.run(["teach"] + arguments) }

  @Test func aFolderBecomesAClassifierThatExplainsItself() throws {
    let photographs = try Photographs(6)
    let scratch = photographs.scratch
    try scratch.write(Array("no picture".utf8), to: "photos/sky/broken.jpg")
    try scratch.write(Photographs.ppm("sky", 50), to: "photos/outside.ppm")
    let (model, page) = (scratch / "new.safetensors", scratch / "page.html")
    let result = try teach([photographs.folder, "-o", model, "--no-head", "--report", page, "--json"])
    #expect(result.status == 65, "\(result.error)")
    #expect(result.error.contains("photos/sky/broken.jpg: "))
    #expect(result.error.contains("1 image outside the folders of classes skipped"))
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["accuracy"] == .number(1) && report["images"] == .number(18))
    #expect(report["classes"][1]["label"] == .string("sky") && report["warnings"] == .array([]))
    #expect(try scratch.files() == ["new.safetensors", "page.html", "photos"])
    let html = String(decoding: try Command.bytes(of: page), as: UTF8.self)
    #expect(html.contains("<h3>stripes</h3>") && html.contains("map of stripes"))

    let known = scratch / "known.ppm"
    try scratch.write(Photographs.ppm("checks", 77), to: "known.ppm")
    let explained = try Command.run(["explain", known, "--model", model, "--json"])
    let line = try JSONValue.lines(explained.text)[0]
    #expect(line["predictions"][0]["label"] == .string("checks") && line["method"] == .string("cam"))
    #expect(line["known"] == .bool(true))
    #expect(try Command.run(["info", model]).text.contains("none of these"))
  }

  @Test func strangersAreNoneOfThese() throws {
    let photographs = try Photographs(8)
    let scratch = photographs.scratch
    let model = scratch / "m.safetensors"
    let taught = try teach([photographs.folder, "-o", model, "--no-head"])
    #expect(taught.status == 0 && taught.text.contains("none of these: answered where"), "\(taught.error)")
    let classified = try Command.run(["classify", Photos.cat, "--model", model])
    #expect(classified.text.contains("none of these; nearest: "), "\(classified.text)")
    let explained = try Command.run(["explain", Photos.cat, "--model", model, "-o", scratch / "cat.png"])
    #expect(explained.error.contains("cat.jpg: none of these; nearest: "), "\(explained.error)")
    func json(_ arguments: [String]) throws -> JSONValue {
      try JSONValue.lines(Command.run(["classify", Photos.cat, "--model", model, "--json"] + arguments).text)[0]
    }
    #expect(try json([])["known"] == .bool(false))
    #expect(try json(["--reject", "0.9"])["known"] == .bool(false))
    #expect(try json(["--reject", "off"])["known"] == .null && json(["--reject", "off"])["score"] == .null)
    let bundled = try Command.run(["classify", Photos.cat, "--reject", "0.1"])
    #expect(bundled.status == 64 && bundled.error.contains("has no scores of known images"))
    #expect(try Command.run(["classify", Photos.cat, "--reject", "2"]).status == 64)
  }

  @Test func aHeadIsTrainedAndAStoppedRunGoesOn() throws {
    let photographs = try Photographs(4)
    let scratch = photographs.scratch
    let options = [photographs.folder, "--head-steps", "4", "--resume"]
    let whole = try teach(options + ["-o", scratch / "whole"])
    #expect(whole.status == 0 && whole.text.contains(", head in "), "\(whole.error)")
    var kills = 0
    while access(scratch / "killed", F_OK) != 0 || access(scratch / "killed.teach-checkpoint", F_OK) == 0, kills < 30 {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      let process = try Command.spawn([Command.binary, "teach"] + options + ["-o", scratch / "killed"], &actions)
      usleep(UInt32(100_000 * (kills + 1)))
      kill(process, kills % 2 == 0 ? SIGKILL : SIGTERM)
      _ = try Command.wait(for: process)
      kills += 1
    }
    let last = try teach(options + ["-o", scratch / "killed"])
    #expect(last.status == 0, "\(last.error)")
    // The name of a model is its file's.
    let (first, second) = (try Model(path: scratch / "whole"), try Model(path: scratch / "killed"))
    func values(_ path: String) throws -> [[Float]] {
      let file = try Safetensors(path: path)
      return try first.entries.filter { $0.dtype == .f32 }.map { try file.floats($0.name) }
    }
    #expect(first.entries == second.entries)
    #expect(try values(scratch / "whole") == values(scratch / "killed"))
    #expect(try scratch.files() == ["killed", "photos", "whole"])
    let explained = try Command.run(["explain", Photos.cat, "--model", scratch / "killed", "-q", "--json"])
    #expect(try JSONValue.lines(explained.text)[0]["method"] == .string("ttame"))
  }

  @Test func theLastStageIsTrainedWhereThatIsBetter() throws {
    let photographs = try Photographs(5)
    let scratch = photographs.scratch
    let result = try teach([
      photographs.folder, "-o", scratch / "new", "--no-head", "--unfreeze", "last", "--json",
    ])
    #expect(result.status == 0, "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["lastStage"]["images"] == .number(15))
    #expect(report["lastStage"]["lossFrozen"] != .null && report["lastStage"]["lossTuned"] != .null)
    #expect(report["seconds"]["lastStage"] != .null)
    #expect(try scratch.files() == ["new", "photos"])
    #expect(try Command.run(["classify", "--model", scratch / "new", photographs.folder + "/sky"]).status == 0)
    let both = try teach([photographs.folder, "-o", scratch / "x", "--unfreeze", "last", "--features", scratch / "f"])
    #expect(both.status == 64 && both.error.contains("--features contradicts --unfreeze last"))
  }

  @Test func classesAreAddedByFeatures() throws {
    let photographs = try Photographs(5, classes: ["stripes", "sky"])
    let scratch = photographs.scratch
    let (first, second, features) = (scratch / "1", scratch / "2", scratch / "f")
    let taught = try teach([photographs.folder, "-o", first, "--no-head", "--features", features])
    #expect(taught.status == 0, "\(taught.error)")
    let more = try Photographs(5, classes: ["checks"])
    let without = try teach([more.folder, "-o", second, "--from", first, "--no-head"])
    #expect(without.status == 65 && without.error.contains("give --features FILE"), "\(without.error)")
    let added = try teach([more.folder, "-o", second, "--from", first, "--features", features, "--no-head", "--json"])
    #expect(added.status == 0, "\(added.error)")
    let report = try JSONValue.lines(added.text)[0]
    #expect(report["classes"][0]["label"] == .string("sky") && report["classes"][2]["label"] == .string("checks"))
    #expect(report["images"] == .number(15) && report["accuracy"] == .number(1))
    let other = try teach([more.folder, "-o", second, "--from", first, "--features", features, "--views", "2"])
    #expect(other.status == 64 && other.error.contains("--views 1, not 2"), "\(other.error)")
    // Features that nobody could compute again are not dropped.
    for number in 0..<5 { unlink(scratch / "photos/sky/\(number).ppm") }
    let before = try Command.bytes(of: features)
    let dropped = try teach([more.folder, "-o", second, "--features", features, "--no-head", "--force"])
    #expect(dropped.status == 73 && dropped.error.contains("5 photographs that are gone"), "\(dropped.error)")
    #expect(try Command.bytes(of: features) == before)
    let none = try teach([more.folder, "-o", second, "--from", first, "--features", scratch / "none"])
    #expect(none.status == 66)
  }

  @Test func photographsOfBothSidesOnlyMeasure() throws {
    let photographs = try Photographs(6)
    let scratch = photographs.scratch
    let list = Photographs.classes.map { "photos/\($0)/0.ppm\t\($0)\n" }.joined() + "photos/sky/1.ppm\tocean\n"
    try scratch.write(Array(list.utf8), to: "held.tsv")
    // A checkpoint that is not its own stays.
    try scratch.write([], to: "m.checkpoint")
    let result = try teach(
      [photographs.folder, "--validation", scratch / "held.tsv", "-o", scratch / "m", "--no-head", "--json"])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.error.contains("4 images skipped that \(scratch / "held.tsv") holds out too"), "\(result.error)")
    #expect(result.error.contains("1 image skipped: no photograph teaches ocean"), "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["images"] == .number(3) && report["classes"][1]["photographs"] == .number(4))
    #expect(try scratch.files() == ["held.tsv", "m", "m.checkpoint", "photos"])
  }

  @Test func aListMayGiveSeveralLabels() throws {
    let photographs = try Photographs(6)
    let scratch = photographs.scratch
    var list = ""
    for label in Photographs.classes {
      for number in 0..<6 {
        list += "photos/\(label)/\(number).ppm\t\(label)\(label == "sky" ? "" : "\tpattern")\n"
      }
    }
    try scratch.write(Array(list.utf8), to: "list.tsv")
    let model = scratch / "m"
    let features = ["--features", scratch / "f"]
    let result = try teach([scratch / "list.tsv", "-o", model, "--no-head", "--json"] + features)
    #expect(result.status == 0, "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["outputs"] == .string("sigmoid") && report["confusion"] == .null && report["accuracy"] == .number(1))
    // Features with several labels added to a model of classes that exclude each other.
    let exclusive = try teach([photographs.folder, "-o", scratch / "e", "--no-head"])
    #expect(exclusive.status == 0, "\(exclusive.error)")
    let more = try Photographs(3)
    let both = try teach(
      [more.folder, "-o", scratch / "b", "--from", scratch / "e", "--no-head", "--json"] + features)
    #expect(try JSONValue.lines(both.text)[0]["outputs"] == .string("sigmoid"), "\(both.error)")
    let classified = try Command.run(
      ["classify", photographs.folder + "/checks/1.ppm", "--model", model, "--threshold", "0.5", "--json"])
    let predictions = try JSONValue.lines(classified.text)[0]["predictions"]
    let labels = [predictions[0]["label"], predictions[1]["label"]]
    #expect(labels.contains(.string("checks")) && labels.contains(.string("pattern")), "\(labels)")
  }

  @Test func badFoldersAreNamedInOneLine() throws {
    let scratch = try Scratch()
    func fails(_ folder: String, _ status: Int32, _ message: String) throws {
      let result = try teach([folder, "-o", scratch / "m", "--no-head"])
      #expect(
        result.status == status && result.errorLines.last?.contains(message) == true, "\(folder): \(result.error)")
      #expect(access(scratch / "m", F_OK) != 0)
    }
    try scratch.makeFolder("empty/a")
    try fails(scratch / "empty", 66, "has no images")
    try fails(scratch / "none", 66, "none")
    try scratch.makeFolder("flat")
    try scratch.write(Photographs.ppm("sky", 1), to: "flat/1.ppm")
    try fails(scratch / "flat", 65, "has no folders of classes")
    let single = try Photographs(3, classes: ["sky"])
    try fails(single.folder, 65, "all photographs are of one class, sky")
    try single.scratch.makeFolder("photos/checks")
    try single.scratch.write(Photographs.ppm("checks", 1), to: "photos/checks/1.ppm")
    try fails(single.folder, 65, "too few photographs of checks (1)")
    // A file of nothing, as large as two gigabytes.
    try single.scratch.write([], to: "photos/checks/2.jpg")
    #expect(truncate(single.scratch / "photos/checks/2.jpg", 2 << 30) == 0)
    try fails(single.folder, 65, "too few photographs of checks (1)")
    // A link in a circle.
    try single.scratch.link("photos/checks/again", to: "..")
    try fails(single.folder, 65, "too few photographs of checks (1)")
    try scratch.write(Array("a.ppm\n".utf8), to: "list.tsv")
    try fails(scratch / "list.tsv", 65, "classifier needs two")
  }

  @Test func mistakesAreNamed() throws {
    let photographs = try Photographs(2)
    let output = photographs.scratch / "m"
    func status(_ arguments: [String]) throws -> Int32 {
      try teach([photographs.folder, "-o", output] + arguments).status
    }
    #expect(try status(["--views", "0"]) == 64)
    #expect(try status(["--no-head", "--head-steps", "3"]) == 64)
    #expect(try status(["--weight-decay", "0"]) == 64)
    #expect(try status(["--from", "efficientnet-lite0", "--model", "other"]) == 64)
    #expect(try status(["--report", "-"]) == 64)
    try photographs.scratch.write(Array("mine".utf8), to: "m")
    let claimed = try teach([photographs.folder, "-o", output, "--no-head"])
    #expect(claimed.status == 73 && claimed.error.contains("is not a model written by"), "\(claimed.error)")
  }
}
