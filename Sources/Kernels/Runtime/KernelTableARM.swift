import KernelsDOTPROD
import KernelsI8MM
import KernelsNEON

extension KernelTable {
  static let tables: [CPUTier: KernelTable] = [.reference: reference, .neon: neon, .dotprod: dotprod, .i8mm: i8mm]

  static let neon = KernelTable(
    tier: .neon, activationFormat: .signedEightBits, tileRows: 4,
    gemmInt8: { KernelsNEON.gemmInt8($0) }, gemmFloat: { KernelsNEON.gemmFloat($0) },
    quantize: { KernelsNEON.quantize($0) }, largestMagnitude: { KernelsNEON.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsNEON.depthwise($0) }, maxPool: { KernelsNEON.maxPool($0) },
    globalAveragePool: {
      KernelsNEON.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsNEON.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsNEON.dot($0, $1, count: $2) }, softmax: { KernelsNEON.softmax($0, count: $1) },
    bilinear: { KernelsNEON.bilinear($0) },
    layerNorm: {
      KernelsNEON.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsNEON.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsNEON.peakInt8($0, $1).macs }, peakFloat: { KernelsNEON.peakFloat($0, $1).macs },
    readMemory: { KernelsNEON.readMemory($0, bytes: $1) }, training: .neon)

  static let dotprod = KernelTable(
    tier: .dotprod, activationFormat: .signedEightBits, tileRows: 8,
    gemmInt8: { KernelsDOTPROD.gemmInt8($0) }, gemmFloat: { KernelsDOTPROD.gemmFloat($0) },
    quantize: { KernelsDOTPROD.quantize($0) }, largestMagnitude: { KernelsDOTPROD.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsDOTPROD.depthwise($0) }, maxPool: { KernelsDOTPROD.maxPool($0) },
    globalAveragePool: {
      KernelsDOTPROD.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsDOTPROD.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsDOTPROD.dot($0, $1, count: $2) }, softmax: { KernelsDOTPROD.softmax($0, count: $1) },
    bilinear: { KernelsDOTPROD.bilinear($0) },
    layerNorm: {
      KernelsDOTPROD.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsDOTPROD.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsDOTPROD.peakInt8($0, $1).macs }, peakFloat: { KernelsDOTPROD.peakFloat($0, $1).macs },
    readMemory: { KernelsDOTPROD.readMemory($0, bytes: $1) }, training: .dotprod)

  static let i8mm = KernelTable(
    tier: .i8mm, activationFormat: .signedEightBits, tileRows: 12,
    gemmInt8: { KernelsI8MM.gemmInt8($0) }, gemmFloat: { KernelsI8MM.gemmFloat($0) },
    quantize: { KernelsI8MM.quantize($0) }, largestMagnitude: { KernelsI8MM.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsI8MM.depthwise($0) }, maxPool: { KernelsI8MM.maxPool($0) },
    globalAveragePool: {
      KernelsI8MM.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsI8MM.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsI8MM.dot($0, $1, count: $2) }, softmax: { KernelsI8MM.softmax($0, count: $1) },
    bilinear: { KernelsI8MM.bilinear($0) },
    layerNorm: {
      KernelsI8MM.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsI8MM.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsI8MM.peakInt8($0, $1).macs }, peakFloat: { KernelsI8MM.peakFloat($0, $1).macs },
    readMemory: { KernelsI8MM.readMemory($0, bytes: $1) }, training: .i8mm)
}
