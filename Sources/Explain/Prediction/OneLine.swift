extension String {
  /// This text with a space for every line break and control character: what a file says must neither break the lines of
  /// a report nor command the terminal that shows it. Bytes of paths that are not UTF-8 are `\xE9`.
  public var onOneLine: String {
    var line = ""
    for scalar in unicodeScalars {
      if scalar.standsForByte {
        line += scalar.byte.escape
      } else {
        line.unicodeScalars.append(scalar.breaksLine ? " " : scalar)
      }
    }
    return line
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
