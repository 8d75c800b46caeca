/// What this program runs on.
enum Machine {
  /// What the kernel calls this CPU; nil where there is no /proc.
  static var cpuName: String? {
    guard let bytes = try? readFile("/proc/cpuinfo") else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
  }
}
