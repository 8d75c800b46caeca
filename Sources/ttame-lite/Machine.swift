/// What this program runs on.
enum Machine {
  /// What the kernel calls this CPU; nil where there is no /proc.
  static var cpuName: String? {
    guard let bytes = try? readFile("/proc/cpuinfo") else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
  }

  /// The most memory that this process has had in use, mapped files included; nil where there is no /proc.
  static var peakMemoryBytes: Int? {
    guard let bytes = try? readFile("/proc/self/status") else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
}
