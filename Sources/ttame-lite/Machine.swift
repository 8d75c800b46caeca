/// What this program runs on.
enum Machine {
  /// What the kernel calls this CPU, or else the board; nil where there is no /proc.
  static var cpuName: String? { x86Name ?? boardName }

  private static var x86Name: String? {
    guard let bytes = try? readFile("/proc/cpuinfo") else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
  }

  /// ARM's /proc/cpuinfo has no names, but the device tree names the board ("Raspberry Pi 5 Model B Rev 1.0").
  private static var boardName: String? {
    guard let bytes = try? readFile("/proc/device-tree/model") else { return nil }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The most memory that this process has had in use, mapped files included; nil where there is no /proc.
  static var peakMemoryBytes: Int? {
    guard let bytes = try? readFile("/proc/self/status") else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
}
