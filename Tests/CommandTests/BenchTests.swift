import Explain
import FoundationEssentials
import Testing

/// What `bench` says, in JSON and in tables. Two rounds: schema and plausibility, no speeds.
@Suite(.serialized) struct BenchTests {
  private static let kernelKeys: Set<String> = [
    "kernel", "shape", "tier", "networks", "threads", "macs", "bytes", "milliseconds", "spread", "rounds", "gigaMACs",
    "gigaBytes", "peakGigaMACs", "readGigaBytes", "bound", "share", "shareSpread",
  ]

  /// An instruction set that every CPU of this architecture has.
  #if arch(arm64)
    private static let tier = "neon"
  #else
    private static let tier = "sse4"
  #endif

  private static let tellsNothing: Comment = "an emulator's speed tells nothing, and takes minutes"

  @Test func kernelsFollowTheSchema() throws {
    let result = try Command.run(["bench", "--kernels", "softmax 1000", "--rounds", "2", "--json"])
    #expect(result.status == 0, "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(
      report.keys == ["cpu", "tiers", "rooflines", "kernels", "models", "starts", "layers", "frames", "frameRates"])
    #expect(report["models"].count == 0 && report["layers"].count == 0)
    // Each instruction set but the reference.
    #expect(report["kernels"].count == report["tiers"].count - 1)
    for i in 0..<report["kernels"].count {
      let kernel = report["kernels"][i]
      #expect(kernel.keys == Self.kernelKeys)
      #expect(kernel["tier"] == report["tiers"][i + 1] && kernel["shape"] == .string("1000"))
      #expect(kernel["networks"].count == 4 && (kernel["milliseconds"].number ?? 0) > 0)
    }
    for i in 0..<report["rooflines"].count {
      let roofline = report["rooflines"][i]
      #expect(roofline.keys == ["tier", "threads", "peakInt8", "peakFloat", "reads"])
      #expect((roofline["peakInt8"].number ?? 0) > (roofline["peakFloat"].number ?? 0))
      #expect(roofline["reads"].count == 8 && roofline["reads"][0].keys == ["bytes", "gigaBytes"])
    }
  }

  @Test(.disabled(if: Command.isEmulated, tellsNothing)) func framesAreMeasuredThroughTheProgram() throws {
    let result = try Command.run(["bench", "--frames", "--rounds", "1", "--threads", "2", "--json"])
    #expect(result.status == 0, "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["kernels"].count == 0 && report["models"].count == 0)
    let stages = report["frames"][0]
    for stage in ["decode", "fastDecode", "preprocess", "classify", "explain", "draw", "encodeJPEG", "encodePNG"] {
      #expect((stages[stage].number ?? 0) > 0, "\(stage)")
    }
    let rates = report["frameRates"][0]["rates"]
    #expect(rates.count == 5)
    for i in 0..<rates.count {
      #expect((rates[i]["framesPerSecond"].number ?? 0) > 0 && (rates[i]["bytes"].number ?? 0) > 0)
    }
    let table = try Command.run(["bench", "--frames", "--rounds", "1"]).text
    #expect(table.contains("explain --format png") && table.contains("decode, --fast-jpeg"))
    #expect(try Command.run(["bench", "--frames", "--layers"]).status == 64)
  }

  @Test func patternsChooseKernelsAndTiers() throws {
    let result = try Command.run(["bench", "--kernels", "global-average-pool \(Self.tier)", "--rounds", "1", "--json"])
    let kernels = try JSONValue.lines(result.text)[0]["kernels"]
    #expect(kernels.count == 2)
    #expect(kernels[0]["tier"] == .string(Self.tier) && kernels[1]["shape"] == .string("49x2048"))
    let nothing = try Command.run(["bench", "--kernels", "no such kernel"])
    #expect(nothing.status == 64 && nothing.errorLines.count == 1 && nothing.error.contains("gemm-int8"))
  }

  @Test(.disabled(if: Command.isEmulated, tellsNothing)) func comparisonsSayWhatChanged() throws {
    let scratch = try Scratch()
    let first = try Command.run(["bench", "--kernels", "softmax 1000 \(Self.tier)", "--rounds", "5", "--json"])
    try scratch.write(first.output, to: "old.json")
    // The same run, a quarter as fast.
    let share = try #require(try JSONValue.lines(first.text)[0]["kernels"][0]["share"].number)
    let slow = first.text.replacing("\"share\":\(share)", with: "\"share\":\(share / 4)")
    #expect(slow != first.text)
    try scratch.write(Array(slow.utf8), to: "slow.json")
    let arguments = ["bench", "--kernels", "softmax 1000 \(Self.tier)", "--rounds", "5", "--json", "--compare"]
    let comparison = try JSONValue.lines(Command.run(arguments + [scratch / "slow.json"]).text)[0]["comparison"]
    #expect(comparison.count == 1)
    #expect(
      comparison[0].keys == [
        "kernel", "shape", "tier", "milliseconds", "oldMilliseconds", "ratio", "spread", "verdict",
      ])
    #expect((2...8).contains(comparison[0]["ratio"].number ?? 0) && comparison[0]["verdict"] == .string("faster"))
    let table = try Command.run(arguments.filter { $0 != "--json" } + [scratch / "old.json"])
    #expect(table.status == 0 && table.text.contains("Speed, new over old") && table.text.contains("1 compared: "))
  }

  @Test func comparisonsNeedAReport() throws {
    let scratch = try Scratch()
    try scratch.write(Array("{}".utf8), to: "other.json")
    for (file, status) in [("other.json", 65), ("missing.json", 66)] as [(String, Int32)] {
      let result = try Command.run(
        ["bench", "--kernels", "softmax 1000 \(Self.tier)", "--rounds", "1", "--compare", file], in: scratch.path)
      #expect(result.status == status && result.errorLines.count == 1)
    }
  }

  @Test(.disabled(if: Command.isEmulated, tellsNothing)) func layersFollowTheSchema() throws {
    let arguments = ["bench", "--model", "efficientnet-lite0", "--layers", "--rounds", "2", "--threads", "1"]
    let result = try Command.run(arguments + ["--json"])
    #expect(result.status == 0, "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["kernels"].count == 0 && report["models"].count == 0 && report["layers"].count == 1)
    let times = report["layers"][0]
    #expect(
      times.keys == [
        "model", "tier", "threads", "rounds", "roofline", "layers", "sumMilliseconds", "passMilliseconds",
      ])
    let layers = (0..<times["layers"].count).map { times["layers"][$0] }
    for layer in layers {
      #expect(
        layer.keys == [
          "node", "operation", "family", "milliseconds", "spread", "macs", "activationBytes", "weightBytes", "gigaMACs",
          "gigaBytes", "shareOfPeak", "computeMilliseconds", "memoryMilliseconds", "shareOfBound", "bound",
        ])
    }
    func total(_ key: String) -> Double { layers.reduce(0) { $0 + ($1[key].number ?? .nan) } }
    #expect(abs(total("milliseconds") - (times["sumMilliseconds"].number ?? 0)) < 1e-6)
    // EfficientNet-Lite0's convolutions have 0.385 * 10^9 multiply-accumulates and 4.9 MB; the head's two have as many as they have
    // weights, 112^2 + 40^2, times the pixels of their maps, 196 and 784.
    #expect((0.38e9...0.40e9).contains(total("macs")))
    // Weights of depthwise convolutions are Floats once they are read.
    #expect((5.2e6...5.6e6).contains(total("weightBytes")))
    // An expansion by 1 x 1 and the depthwise convolution behind it are one step: it reads 16 levels and a scale a pixel, and writes
    // 96 and a scale; nobody sees the 96 channels of 112 x 112 pixels between the two.
    let bottleneck = try #require(layers.first { $0["family"] == .string("conv 1x1 + depthwise 3x3") })
    let (read, written): (Double, Double) = (112 * 112 * (16 + 4), 56 * 56 * (96 + 4))
    #expect(bottleneck["activationBytes"] == .number(read + written))

    let table = try Command.run(arguments + ["--sorted"])
    let rows = table.text.split(separator: "\n").filter { $0.contains(" memory ") || $0.contains(" compute ") }
    #expect(rows.count == layers.count)
    let milliseconds = rows.compactMap { $0.split(separator: " ").first.flatMap { Double($0) } }
    #expect(milliseconds.count == rows.count && milliseconds == milliseconds.sorted(by: >))
    #expect(table.text.contains("the sum of all steps"))
  }

  @Test(.disabled(if: Command.isEmulated, tellsNothing)) func onePassInAProcessOfItsOwn() throws {
    let arguments = ["bench", "--model", "efficientnet-lite0", "--seconds", "0", "--threads", "1"]
    for pass in ["classify", "explain"] {
      let report = try JSONValue.lines(Command.run(arguments + ["--only", pass, "--json"]).text)[0]
      #expect(report.keys == ["times", "peakMemoryBytes", "fileBytes"])
      let times = report["times"]
      #expect(
        times.keys == [
          "model", "pass", "tier", "threads", "rounds", "median", "fastest", "spread", "first", "firstResultAt",
        ])
      #expect(times["pass"] == .string(pass) && (times["rounds"].number ?? 0) >= 5)
      #expect((times["median"].number ?? 0) >= (times["fastest"].number ?? 1))
      #expect((report["peakMemoryBytes"].number ?? 0) > 4e6 && (report["fileBytes"].number ?? 0) > 4e6)
    }
  }

  @Test(.disabled(if: Command.isEmulated, tellsNothing)) func theHarnessIsGivenItsLine() throws {
    let environment = ["TTAME_MODELS": Command.package + "/weights", "TTAME_LITE": Command.binary]
    let result = try Command.run(
      ["efficientnet-lite0", "sel", "1", "0", "full"], program: [Command.package + "/Tools/peers-bench.sh"],
      environment: environment)
    try #require(result.status == 0, "\(result.error)")
    #expect(result.text.hasPrefix("RESULT ") && result.text.split(separator: "\n").count == 1)
    let report = try JSONValue.lines(String(result.text.dropFirst(7)))[0]
    #expect(report.keys == ["ms_med", "ms_min", "cold_ms", "rss_peak_mb", "disk_mb"])
    #expect(["ms_med", "ms_min", "cold_ms", "rss_peak_mb", "disk_mb"].allSatisfy { (report[$0].number ?? 0) > 0 })
    #expect((report["ms_med"].number ?? 0) < (report["cold_ms"].number ?? 0))
    let wrong = try Command.run(
      ["efficientnet-lite0", "other", "1", "0"], program: [Command.package + "/Tools/peers-bench.sh"],
      environment: environment)
    #expect(wrong.status == 64)
  }

  @Test func onePassOfTheDefaultModel() throws {
    let result = try Command.run(["bench", "--only", "classify", "--seconds", "0", "--json"])
    #expect(result.status == 0, "\(result.error)")
    #expect(try JSONValue.lines(result.text)[0]["times"]["model"] == .string("efficientnet-lite0"), "\(result.text)")
  }

  @Test(arguments: [
    ["--kernels", "--layers"], ["--sorted"], ["--only", "explain", "--layers"],
    ["--model", "m", "--compare", "o.json"],
    ["--rounds", "0"], ["--model", "m", "--only", "explain", "--seconds", "-1"],
  ])
  func optionsThatDoNotGoTogether(_ arguments: [String]) throws {
    let result = try Command.run(["bench"] + arguments)
    #expect(result.status == 64 && result.errorLines.count == 1)
  }
}
