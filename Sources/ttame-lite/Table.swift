/// A number as a table shows it: three significant digits.
func number(_ value: Double) -> String {
  value >= 100
    ? "\(Int(value.rounded()))" : value >= 10 ? "\((value * 10).rounded() / 10)" : "\((value * 100).rounded() / 100)"
}
