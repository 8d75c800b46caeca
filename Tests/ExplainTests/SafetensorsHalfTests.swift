import Explain
import Testing

@Suite struct SafetensorsHalfTests {
  @Test func widensEveryHalfExactly() {
    let halves = (0...UInt16.max).map { $0 }
    var floats = [Float](repeating: 0, count: halves.count)
    widenHalf(halves, count: halves.count, into: &floats)
    for (half, float) in zip(halves, floats) {
      let expected = Float(Float16(bitPattern: half))
      // The hardware sets the quiet bit of a signalling NaN; here the payload stays as it is.
      #expect(expected.isNaN ? float.isNaN : float.bitPattern == expected.bitPattern, "half \(half)")
    }
  }

  @Test func widensEveryBFloat16Exactly() {
    let values = (0...UInt16.max).map { $0 }
    var floats = [Float](repeating: 0, count: values.count)
    widenBFloat16(values, count: values.count, into: &floats)
    #expect(zip(values, floats).allSatisfy { $1.bitPattern == UInt32($0) << 16 })
  }

  @Test func readsUnalignedTensors() throws {
    // One byte before each tensor puts them at odd addresses.
    let header =
      #"{"pad":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"#
      + #""h":{"dtype":"F16","shape":[2],"data_offsets":[5,9]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[9,11]}}"#
    let data: [UInt8] = [0] + bytes(Float(1.25).bitPattern) + [0x00, 0x3C, 0x01, 0x80] + [0xC0, 0xBF]
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let file = try Safetensors(bytes: length + Array(header.utf8) + data)
    #expect(try file.floats("f") == [1.25])
    #expect(try file.floats("h") == [1, -0x1p-24])
    #expect(try file.floats("b") == [-1.5])
  }

  private func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
