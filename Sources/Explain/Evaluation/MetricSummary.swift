extension MapMetric {
  /// Its name in tables.
  public var title: String {
    switch self {
    case .ad: "AD"
    case .ic: "IC"
    case .road: "MoRF, LeRF"
    case .iou: "IoU"
    case .adcc: "ADCC, coherency, complexity"
    case .saco: "SaCo"
    case .patchDeletion: "patch deletion"
    case .insertion, .deletion, .pointing, .energy, .trust: rawValue
    }
  }

  /// What it is, in a sentence.
  public var summary: String {
    switch self {
    case .ad:
      "Average drop: the percentage of the probability lost when the image is multiplied by the map, with 100, 50 or "
        + "15 % of its pixels kept. Rank AD is the same with the map replaced by its ranks, so that all maps are equally bright."
    case .ic:
      "Increase in confidence: the percentage of images whose probability rises under the same mask. Rank IC is the same with "
        + "the map replaced by its ranks."
    case .road:
      "ROAD: the percentage of predictions that survive when 10 to 90 % of the pixels are imputed from their neighbours, the "
        + "most (MoRF) or least relevant first (LeRF); the mean over the shares."
    case .insertion:
      "The area under the probability while pixels are inserted into a blurred image, the most salient first."
    case .deletion:
      "The area under the probability while pixels are replaced by the mean colour, the most salient first."
    case .pointing:
      "Pointing game: the percentage of images whose hottest pixel lies in the box around the object; with 15 px, less than 15 "
        + "pixels from it."
    case .energy:
      "The percentage of the saliency that lies in the box around the object. Rank energy is the same with the map replaced by "
        + "its ranks."
    case .iou:
      "The intersection over union, in percent, of the box around the object and as many of the hottest pixels as it has."
    case .adcc:
      "The harmonic mean, 0 to 1, of what remains of the probability under the map, of coherency (the correlation with the map "
        + "of the masked image, scaled to 0 to 1), and of 1 less complexity (the mean of the map)."
    case .saco:
      "Salience-guided faithfulness coefficient, -1 to 1: whether the more salient of two groups of pixels costs more "
        + "probability, weighted by the difference of their saliency; rank SaCo by that of their ranks."
    case .patchDeletion:
      "Rank correlation, -1 to 1, between the saliency of 4 x 4 patches and the logit that is lost without each (IDSDS without "
        + "its fine-tuning); rank patch deletion sums the map's ranks."
    case .trust: "How much confidence remains through the hotter half of the map, 0 to 1."
    }
  }
}
