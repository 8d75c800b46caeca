/// A method that is ahead of another in average drop, and no longer so when both maps are equally bright.
public struct LostLead: Sendable, Equatable, Encodable {
  public let method, reference: String
  /// Percent of the pixels that are kept.
  public let kept: Int
  /// Of average drop, and of average drop at equal brightness: the method minus the reference, in points.
  public let ad, rankAD: PairedDifference

  /// For people.
  public var sentence: String {
    "\(method) is ahead of \(reference) in AD \(kept) by \((-ad.mean).fixed(1)) points, but not at equal brightness: "
      + "rank AD \(kept) differs by \(MapFigure.rankAD(.all).text(rankAD))"
  }

  /// Leads over the first method, and over CAM, whose 95 % interval lies on the good side of zero in AD, but not in rank AD.
  ///
  /// - Parameter seed: of the intervals.
  public static func all(_ methods: [MethodStatistics], seed: Int) -> [LostLead] {
    var found: [LostLead] = []
    for (place, reference) in methods.enumerated() where place == 0 || reference.method == MethodChoice(.cam) {
      for method in methods where method.method != reference.method {
        for share in KeptShare.allCases {
          guard let ad = method.maps.difference(.ad(share), from: reference.maps, seed: seed), ad.high < 0,
            let ranked = method.maps.difference(.rankAD(share), from: reference.maps, seed: seed), ranked.high >= 0
          else { continue }
          found.append(
            LostLead(
              method: method.method.rawValue, reference: reference.method.rawValue, kept: share.rawValue, ad: ad,
              rankAD: ranked))
        }
      }
    }
    return found
  }
}
