import KernelsAVX2
import KernelsAVX512BF16
import KernelsAVX512VNNI
import KernelsAVXVNNI
import KernelsSSE4

extension KernelTable {
  static let tables: [CPUTier: KernelTable] = [
    .reference: reference, .sse4: sse4, .avx2: avx2, .avxvnni: avxvnni, .avx512vnni: avx512vnni,
    .avx512bf16: avx512bf16,
  ]

  static let sse4 = KernelTable(
    tier: .sse4, activationFormat: .sevenBits, tileRows: 4,
    gemmInt8: { KernelsSSE4.gemmInt8($0) }, gemmFloat: { KernelsSSE4.gemmFloat($0) },
    quantize: { KernelsSSE4.quantize($0) }, largestMagnitude: { KernelsSSE4.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsSSE4.depthwise($0) }, maxPool: { KernelsSSE4.maxPool($0) },
    globalAveragePool: {
      KernelsSSE4.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsSSE4.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsSSE4.dot($0, $1, count: $2) }, softmax: { KernelsSSE4.softmax($0, count: $1) },
    bilinear: { KernelsSSE4.bilinear($0) },
    layerNorm: {
      KernelsSSE4.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsSSE4.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsSSE4.peakInt8($0, $1).macs }, peakFloat: { KernelsSSE4.peakFloat($0, $1).macs },
    readMemory: { KernelsSSE4.readMemory($0, bytes: $1) }, training: .sse4)

  static let avx2 = KernelTable(
    tier: .avx2, activationFormat: .sevenBits, tileRows: 5,
    gemmInt8: { KernelsAVX2.gemmInt8($0) }, gemmFloat: { KernelsAVX2.gemmFloat($0) },
    quantize: { KernelsAVX2.quantize($0) }, largestMagnitude: { KernelsAVX2.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVX2.depthwise($0) }, maxPool: { KernelsAVX2.maxPool($0) },
    globalAveragePool: {
      KernelsAVX2.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVX2.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVX2.dot($0, $1, count: $2) }, softmax: { KernelsAVX2.softmax($0, count: $1) },
    bilinear: { KernelsAVX2.bilinear($0) },
    layerNorm: {
      KernelsAVX2.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVX2.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVX2.peakInt8($0, $1).macs }, peakFloat: { KernelsAVX2.peakFloat($0, $1).macs },
    readMemory: { KernelsAVX2.readMemory($0, bytes: $1) }, training: .avx2)

  static let avxvnni = KernelTable(
    tier: .avxvnni, activationFormat: .eightBits, tileRows: 6,
    gemmInt8: { KernelsAVXVNNI.gemmInt8($0) }, gemmFloat: { KernelsAVXVNNI.gemmFloat($0) },
    quantize: { KernelsAVXVNNI.quantize($0) }, largestMagnitude: { KernelsAVXVNNI.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVXVNNI.depthwise($0) }, maxPool: { KernelsAVXVNNI.maxPool($0) },
    globalAveragePool: {
      KernelsAVXVNNI.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVXVNNI.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVXVNNI.dot($0, $1, count: $2) }, softmax: { KernelsAVXVNNI.softmax($0, count: $1) },
    bilinear: { KernelsAVXVNNI.bilinear($0) },
    layerNorm: {
      KernelsAVXVNNI.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVXVNNI.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVXVNNI.peakInt8($0, $1).macs }, peakFloat: { KernelsAVXVNNI.peakFloat($0, $1).macs },
    readMemory: { KernelsAVXVNNI.readMemory($0, bytes: $1) }, training: .avxvnni)

  static let avx512vnni = KernelTable(
    tier: .avx512vnni, activationFormat: .eightBits, tileRows: 12,
    gemmInt8: { KernelsAVX512VNNI.gemmInt8($0) }, gemmFloat: { KernelsAVX512VNNI.gemmFloat($0) },
    quantize: { KernelsAVX512VNNI.quantize($0) },
    largestMagnitude: { KernelsAVX512VNNI.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVX512VNNI.depthwise($0) }, maxPool: { KernelsAVX512VNNI.maxPool($0) },
    globalAveragePool: {
      KernelsAVX512VNNI.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVX512VNNI.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVX512VNNI.dot($0, $1, count: $2) }, softmax: { KernelsAVX512VNNI.softmax($0, count: $1) },
    bilinear: { KernelsAVX512VNNI.bilinear($0) },
    layerNorm: {
      KernelsAVX512VNNI.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVX512VNNI.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVX512VNNI.peakInt8($0, $1).macs }, peakFloat: { KernelsAVX512VNNI.peakFloat($0, $1).macs },
    readMemory: { KernelsAVX512VNNI.readMemory($0, bytes: $1) }, training: .avx512vnni)

  static let avx512bf16 = KernelTable(
    tier: .avx512bf16, activationFormat: .eightBits, tileRows: 12,
    gemmInt8: { KernelsAVX512BF16.gemmInt8($0) }, gemmFloat: { KernelsAVX512BF16.gemmFloat($0) },
    quantize: { KernelsAVX512BF16.quantize($0) },
    largestMagnitude: { KernelsAVX512BF16.largestMagnitude(of: $0, count: $1) },
    depthwise: { KernelsAVX512BF16.depthwise($0) }, maxPool: { KernelsAVX512BF16.maxPool($0) },
    globalAveragePool: {
      KernelsAVX512BF16.globalAveragePool($0, pixels: $1, channels: $2, output: $3, first: $4, end: $5)
    },
    addClamped: { KernelsAVX512BF16.addClamped($0, $1, output: $2, count: $3, lower: $4, upper: $5) },
    dot: { KernelsAVX512BF16.dot($0, $1, count: $2) }, softmax: { KernelsAVX512BF16.softmax($0, count: $1) },
    bilinear: { KernelsAVX512BF16.bilinear($0) },
    layerNorm: {
      KernelsAVX512BF16.layerNorm($0, rows: $1, channels: $2, epsilon: $3, weight: $4, bias: $5, output: $6)
    },
    gelu: { KernelsAVX512BF16.gelu($0, output: $1, count: $2) },
    peakInt8: { KernelsAVX512BF16.peakInt8($0, $1).macs }, peakFloat: { KernelsAVX512BF16.peakFloat($0, $1).macs },
    readMemory: { KernelsAVX512BF16.readMemory($0, bytes: $1) }, training: .avx512bf16)
}
