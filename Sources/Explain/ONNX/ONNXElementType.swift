/// Type of a tensor's elements, by its number in `onnx.proto`.
public enum ONNXElementType: Int32, Sendable, CaseIterable {
  case float = 1
  case uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64, complex64, complex128,
    bfloat16
  case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz
  case uint4, int4, float4e2m1, float8e8m0, uint2, int2, float6e2m3, float6e3m2

  /// As `onnx.proto` calls it, such as `FLOAT16`.
  public var name: String { "\(self)".uppercased() }

  /// Bytes of one element; nil for types that are not supported.
  var byteCount: Int? {
    switch self {
    case .int8, .uint8, .bool: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float: 4
    case .int64, .uint64, .double: 8
    case .string, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .uint4, .int4,
      .float4e2m1, .float8e8m0, .uint2, .int2, .float6e2m3, .float6e3m2:
      nil
    }
  }

  /// True for integers and BOOL.
  var isWhole: Bool {
    switch self {
    case .int8, .uint8, .bool, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
    default: false
    }
  }

  /// The field of `TensorProto` for such elements, where `raw_data` is not used; nil for types that are not supported.
  var field: ONNXTensorFields.Typed? {
    switch self {
    case .float: .float
    case .double: .double
    case .int8, .uint8, .bool, .int16, .uint16, .int32, .float16, .bfloat16: .int32
    case .int64: .int64
    case .uint32, .uint64: .uint64
    default: nil
    }
  }
}
