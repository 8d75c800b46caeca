extension String {
  /// This text with a space for every line break and control character: what a file says must neither break the lines of
  /// a report nor command the terminal that shows it.
  public var onOneLine: String {
    var line = String.UnicodeScalarView()
    line.append(contentsOf: unicodeScalars.map { $0.breaksLine ? " " : $0 })
    return String(line)
  }
}

extension Unicode.Scalar {
  fileprivate var breaksLine: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
