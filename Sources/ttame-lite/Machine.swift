import Glibc

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

  /// Now, in UTC, to the minute: `2026-01-31 18:05 UTC`.
  static var date: String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func digits(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday)) "
      + "\(digits(parts.tm_hour)):\(digits(parts.tm_min)) UTC"
  }
}
