/// A probability as people read it: `93.2 %`.
func percent(_ share: some BinaryFloatingPoint) -> String {
  let tenths = Int((Double(share) * 1000).rounded())
  return "\(tenths / 10).\(tenths % 10) %"
}
