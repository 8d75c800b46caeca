extension BinaryFloatingPoint {
  /// The number rounded to so many decimals, all of which are written: `0.170`, not `0.17`.
  ///
  /// - Parameter places: 0...6.
  public func fixed(_ places: Int) -> String {
    let value = Double(self)
    let unit = (0..<places).reduce(1) { unit, _ in unit * 10 }
    let scaled = (value * Double(unit)).rounded()
    guard abs(scaled) < 1e15 else { return "\(value)" }
    let (whole, rest) = Int(abs(scaled)).quotientAndRemainder(dividingBy: unit)
    let sign = scaled < 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(whole)" }
    return "\(sign)\(whole).\(rest.digits(places))"
  }
}
