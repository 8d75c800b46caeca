import Explain

/// What was measured of one map, for the log.
struct MapLine: Encodable {
  let input: String
  let inputBytes: String?
  let method: String
  let `class`: Int
  let probability: Float
  /// Probabilities through the map, by the percentage of pixels that is kept.
  let masked: [String: Float]?
  /// Whether the prediction survives, in the order of `RoadAgreement.removed`.
  let morf, lerf: [Bool]?
  let insertion, deletion: Double?
  let pointing: Bool?
  let energy: Double?
  let trust: TrustReport?
  let forwardPasses, tailPasses, backwardPasses: Int
  let milliseconds: Double

  init(_ input: String, _ measured: MeasuredMap) {
    let (map, passes) = (measured.measurement, measured.passes)
    (self.input, inputBytes) = (input.pathForJSON, input.base64ForJSON)
    (method, self.class, probability) = (measured.method.rawValue, map.classIndex, map.probability)
    masked = map.masked.map { masked in
      Dictionary(masked.map { ("\($0.key.rawValue)", $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    (morf, lerf) = (map.road?.survives[.morf], map.road?.survives[.lerf])
    (insertion, deletion) = (map.insertion, map.deletion)
    trust = map.trust.map(TrustReport.init)
    (pointing, energy) = (map.localization?.hits, map.localization?.energy)
    (forwardPasses, tailPasses, backwardPasses) = (passes.forward, passes.tail, passes.backward)
    milliseconds = measured.time.milliseconds
  }
}
