import Explain

import Kernels

/// What `bench` has measured, as JSON or as tables.
struct BenchReport: Encodable {
  var cpu: String
  var tiers: [String]
  var kernels: [KernelShare] = []
  var models: [ModelTimes] = []
  var starts: [StartTime] = []
  var layers: [LayerTime] = []

  func table() -> String {
    var text = "\(cpu); instruction sets: \(tiers.joined(separator: ", "))\n"
    if !kernels.isEmpty {
      text += "\n" + Self.columns(["kernel", "tier", "K", "GMAC/s", "peak", "share", "spread"])
      for k in kernels {
        text += Self.columns([
          k.kernel, k.tier, "\(k.reduction)", number(k.gigaMACs), number(k.peakGigaMACs), percent(k.share),
          percent(k.spread),
        ])
      }
    }
    for m in models {
      text +=
        "\n\(m.model), \(m.tier), \(m.threads) thread\(m.threads == 1 ? "" : "s"), \(m.rounds) runs (milliseconds)\n"
      text += Self.columns(["classify", "explain", "of peak", "spread", "decode", "resize", "render", "encode"])
      text += Self.columns([
        number(m.classify), m.explain.map(number) ?? "-", percent(m.shareOfPeak), percent(m.spread), number(m.decode),
        number(m.preprocess), number(m.render), number(m.encode),
      ])
    }
    for s in starts { text += "\(s.model): \(number(s.milliseconds)) ms from process start to picture on disk\n" }
    if !layers.isEmpty {
      text += "\n" + Self.columns(["ms", "GMAC/s", "GB/s", "operation"], last: "node")
      for l in layers {
        text += Self.columns(
          [number(l.milliseconds), l.macs > 0 ? number(l.gigaMACs) : "-", number(l.gigaBytes), l.operation],
          last: l.node)
      }
      text += "\(number(layers.reduce(0) { $0 + $1.milliseconds })) ms in all\n"
    }
    return text
  }

  private static func columns(_ cells: [String], last: String = "") -> String {
    let padded = cells.map { $0.count < 10 ? $0 + String(repeating: " ", count: 10 - $0.count) : $0 + " " }
    return padded.joined() + last + "\n"
  }
}

struct KernelShare: Encodable {
  var kernel, tier: String
  var reduction: Int
  var gigaMACs, peakGigaMACs, share, spread: Double

  init(name: String, _ share: PeakShare) {
    kernel = name
    tier = share.tier.rawValue
    reduction = share.reduction
    gigaMACs = share.reached
    peakGigaMACs = share.peak
    self.share = share.share
    spread = share.spread
  }
}

struct StartTime: Encodable {
  var model: String
  var milliseconds: Double
}
