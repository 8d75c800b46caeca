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
  /// The same through the ranks of the map.
  let rankMasked: [String: Float]?
  /// Whether the prediction survives, in the order of `RoadAgreement.removed`.
  let morf, lerf: [Bool]?
  let insertion, deletion: Double?
  let pointing, pointing15: Bool?
  let energy, rankEnergy, iou: Double?
  let adcc, coherency, complexity: Double?
  let saco, rankSaco: Double?
  let patchDeletion, rankPatchDeletion: Double?
  let trust: TrustReport?
  let forwardPasses, tailPasses, backwardPasses: Int
  let milliseconds: Double

  init(_ input: String, _ measured: MeasuredMap) {
    let (map, passes) = (measured.measurement, measured.passes)
    (self.input, inputBytes) = (input.pathForJSON, input.base64ForJSON)
    (method, self.class, probability) = (measured.method.rawValue, map.classIndex, map.probability)
    func byShare(_ masked: [KeptShare: Float]?) -> [String: Float]? {
      masked.map { masked in
        Dictionary(masked.map { ("\($0.key.rawValue)", $0.value) }, uniquingKeysWith: { first, _ in first })
      }
    }
    (masked, rankMasked) = (byShare(map.masked), byShare(map.rankMasked))
    (morf, lerf) = (map.road?.survives[.morf], map.road?.survives[.lerf])
    (insertion, deletion) = (map.insertion, map.deletion)
    trust = map.trust.map(TrustReport.init)
    (pointing, pointing15) = (map.localization?.hits, map.localization?.hitsWithMargin)
    (energy, rankEnergy) = (map.localization?.energy, map.localization?.rankEnergy)
    iou = map.localization?.overlap
    (adcc, coherency, complexity) = (map.adcc?.score, map.adcc?.coherency, map.adcc?.complexity)
    (saco, rankSaco) = (map.saco?.score, map.saco?.rankScore)
    (patchDeletion, rankPatchDeletion) = (map.patchDeletion?.correlation, map.patchDeletion?.rankCorrelation)
    (forwardPasses, tailPasses, backwardPasses) = (passes.forward, passes.tail, passes.backward)
    milliseconds = measured.time.milliseconds
  }
}
