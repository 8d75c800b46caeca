/// A probability as people read it: `93.2 %`.
func percent(_ share: some BinaryFloatingPoint) -> String { (100 * Double(share)).fixed(1) + " %" }
