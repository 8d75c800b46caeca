import Explain
import Kernels

/// What `bench` has measured, as JSON or as tables.
struct BenchReport: Encodable {
  var cpu: String
  var tiers: [String]
  /// What the machine can do at best, for every instruction set and number of threads that was asked for.
  var rooflines: [Roofline] = []
  var kernels: [KernelTime] = []
  var comparison: [KernelComparison]?
  var models: [ModelTimes] = []
  var starts: [StartTime] = []
  var layers: [LayerTimes] = []
  var frames: [FrameTimes] = []
  var frameRates: [FrameRates.Result] = []

  /// - Parameter areSorted: layers from slowest to fastest rather than in their order.
  func table(areSorted: Bool) -> String {
    var text = "\(cpu); instruction sets: \(tiers.joined(separator: ", "))\n"
    if !rooflines.isEmpty { text += "\n" + peakTable + "\n" + readTable }
    if !kernels.isEmpty { text += "\n" + kernelTable }
    if let comparison { text += "\n" + KernelComparison.table(comparison) }
    if !models.isEmpty { text += "\n" + modelTable }
    for start in starts {
      text += "\(start.model): \(number(start.milliseconds)) ms from process start to image on disk\n"
    }
    for times in frames { text += "\n" + times.table }
    for result in frameRates { text += "\n" + result.table }
    for times in layers { text += "\n" + times.table(areSorted: areSorted) }
    return text
  }

  private var peakTable: String {
    var table = Table(["tier", "threads", "int8 GMAC/s", "f32 GMAC/s"])
    for r in rooflines { table.add([r.tier, "\(r.threads)", number(r.peakInt8), number(r.peakFloat)]) }
    return "Peaks from registers\n" + table.text
  }

  private var readTable: String {
    // Wider vectors read no slower: the best instruction set says what caches and memory can do.
    let best = rooflines.filter { $0.tier == rooflines.last?.tier }
    var table = Table(["working set"] + best.map { counted($0.threads, "thread") + " GB/s" })
    for (index, bytes) in Roofline.workingSets.enumerated() {
      table.add([byteSize(bytes)] + best.map { number($0.reads[index].gigaBytes) })
    }
    return "Reads\n" + table.text
  }

  private var kernelTable: String {
    var table = Table(["kernel", "shape", "tier", "ms", "GMAC/s", "GB/s", "bound", "of bound", "spread"])
    for k in kernels {
      table.add([
        k.kernel, k.shape, k.tier, number(k.milliseconds), k.macs > 0 ? number(k.gigaMACs) : "-", number(k.gigaBytes),
        k.bound.rawValue, percent(k.share), percent(k.spread),
      ])
    }
    let threads = kernels.first.map { counted($0.threads, "thread") } ?? ""
    return "Kernels, \(threads), equal to the scalar reference's results\n" + table.text
  }

  private var modelTable: String {
    var table = Table([
      "model", "tier", "threads", "classify", "explain", "of peak", "spread", "decode", "resize", "render", "encode",
    ])
    for m in models {
      table.add([
        m.model, m.tier, "\(m.threads)", number(m.classify), m.explain.map(number) ?? "-", percent(m.shareOfPeak),
        percent(m.spread), number(m.decode), number(m.preprocess), number(m.render), number(m.encode),
      ])
    }
    return "Models (milliseconds)\n" + table.text
  }
}

extension FrameTimes {
  fileprivate var table: String {
    var table = Table(["stage", "ms"])
    let stages: [(String, Double?)] = [
      ("decode", decode), ("decode, --fast-jpeg", fastDecode), ("resize and normalise", preprocess),
      ("classify", classify), ("explain", explain), ("draw", draw), ("encode JPEG", encodeJPEG),
      ("encode PNG", encodePNG),
    ]
    for case (let name, let milliseconds?) in stages { table.add([name, number(milliseconds)]) }
    return "Stages of a frame of \(width)x\(height), \(model), \(tier), \(counted(threads, "thread"))\n" + table.text
  }
}

extension FrameRates.Result {
  fileprivate var table: String {
    var table = Table(["stream of JPEGs", "frames/s", "KB a frame"])
    for rate in rates {
      table.add([rate.task, number(rate.framesPerSecond), number(Double(rate.bytes) * 1e-3)])
    }
    return "Streams, \(model), \(counted(threads, "thread"))\n" + table.text
  }
}

struct StartTime: Encodable {
  var model: String
  var milliseconds: Double
}

extension LayerTimes {
  fileprivate func table(areSorted: Bool) -> String {
    var table = Table([
      "ms", "of pass", "MMAC", "GMAC/s", "of peak", "KB", "GB/s", "bound", "of bound", "spread", "operation", "node",
    ])
    for l in areSorted ? layers.sorted(by: { $0.milliseconds > $1.milliseconds }) : layers {
      table.add([
        number(l.milliseconds), percent(l.milliseconds / passMilliseconds),
        l.macs > 0 ? number(Double(l.macs) * 1e-6) : "-", l.macs > 0 ? number(l.gigaMACs) : "-",
        l.macs > 0 ? percent(l.shareOfPeak) : "-", number(Double(l.activationBytes + l.weightBytes) * 1e-3),
        number(l.gigaBytes), l.bound.rawValue, percent(l.shareOfBound), percent(l.spread), l.operation, l.node,
      ])
    }
    return """
      \(model), \(tier), \(counted(threads, "thread")), \(rounds) runs; peaks \(number(roofline.peakInt8)) (int8) \
      and \(number(roofline.peakFloat)) (f32) GMAC/s
      \(table.text)
      \(familyTable)
      \(number(sumMilliseconds)) ms is the sum of all steps, \(number(passMilliseconds)) ms the pass in one go

      """
  }

  /// Steps of one kind together, the most expensive first.
  private var familyTable: String {
    var table = Table(["operation", "steps", "ms", "of pass", "GMAC/s", "of bound"])
    for family in families {
      table.add([
        family.name, "\(family.steps)", number(family.milliseconds), percent(family.shareOfPass),
        family.macs > 0 ? number(family.gigaMACs) : "-", percent(family.shareOfBound),
      ])
    }
    return table.text
  }
}
