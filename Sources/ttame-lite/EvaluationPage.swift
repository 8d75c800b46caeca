import Explain

extension EvaluationReport {
  /// The page about a run, without its facts.
  ///
  /// - Parameters:
  ///   - methods: names, in the order of the run.
  ///   - glossary: the metrics of maps that were measured.
  func page(_ pictures: ReportPictures, methods names: [String], glossary: [MapMetric]) -> ReportContent {
    let measured = methods ?? [metrics]
    var page = ReportContent(title: "Explanations of \(model), measured", pictures: pictures)
    page.metrics = ReportTable(rows: names)
    page.metrics.columns = Self.columns(of: measured).map { column in
      .init(
        column.title, column.better, isMovedByCurve: column.isMovedByCurve, measured.map(column.value),
        format: column.format)
    }
    page.differences = differences(names, measured)
    page.warnings = lostLeads.map(\.sentence)
    page.glossary = glossary.map { ($0.title, $0.summary) }
    page.curves = curves(names, measured)
    page.curveTable = curveTable(names, measured)
    page.costs = costs(names, measured)
    return page
  }

  private func differences(_ names: [String], _ measured: [MethodMetrics]) -> DifferenceTable? {
    let others = measured.dropFirst()
    guard others.contains(where: { $0.differences != nil }) else { return nil }
    var table = DifferenceTable(reference: names[0], methods: Array(names.dropFirst()))
    table.rows = Self.figures(of: measured).map { figure in
      .init(
        Self.title(figure), figure.better, isMovedByCurve: figure.isMovedByCurve,
        others.map { $0.differences?[figure.name].map { (figure.text($0), $0.isCertain) } })
    }
    return table
  }

  /// What the curves of ROAD are made of.
  private var removalOrders:
    [(title: String, short: String, better: BetterDirection, values: (MethodMetrics.Road) -> [String: Double])]
  {
    [
      ("MoRF: most relevant first", "MoRF", .lower, { $0.morf }),
      ("LeRF: least relevant first", "LeRF", .higher, { $0.lerf }),
    ]
  }

  private func curves(_ names: [String], _ measured: [MethodMetrics]) -> [CurveChart] {
    if measured.allSatisfy({ $0.road == nil }) { return [] }
    return removalOrders.map { order in
      CurveChart(
        title: order.title, better: order.better, x: "% of pixels removed", y: "% of predictions that survive",
        curves: zip(names, measured).compactMap { name, metrics in
          metrics.road.map { road in
            CurveChart.Curve(
              name,
              RoadAgreement.removed.compactMap { removed in
                order.values(road)["\(removed)"].map { (Double(removed), 100 * $0) }
              })
          }
        })
    }
  }

  private func curveTable(_ names: [String], _ measured: [MethodMetrics]) -> ReportTable? {
    if measured.allSatisfy({ $0.road == nil }) { return nil }
    var table = ReportTable(rows: names)
    for order in removalOrders {
      for removed in RoadAgreement.removed {
        table.columns.append(
          .init(
            "\(order.short) \(removed)", order.better,
            measured.map { $0.road.flatMap { order.values($0)["\(removed)"] }.map { 100 * $0 } },
            format: Self.percentage))
      }
    }
    return table
  }

  private func costs(_ names: [String], _ measured: [MethodMetrics]) -> [CostChart] {
    func chart(
      _ title: String, _ better: BetterDirection, y: String, _ quality: (MethodMetrics) -> Double?
    ) -> CostChart? {
      let points = zip(names, measured).compactMap { name, metrics -> CostChart.Point? in
        guard let time = metrics.cost?.milliseconds, time > 0, let quality = quality(metrics) else { return nil }
        return .init(name, milliseconds: time, quality: quality)
      }
      return points.isEmpty ? nil : CostChart(title: title, better: better, y: y, points: points)
    }
    return [
      chart("Average drop at equal brightness", .lower, y: "rank AD 100, %") { $0.rankAD?["100"] },
      chart("Insertion minus deletion", .higher, y: "probability") { metrics in
        metrics.insertion.flatMap { insertion in metrics.deletion.map { insertion - $0 } }
      },
      chart("ROAD, LeRF minus MoRF", .higher, y: "points") { $0.road.map { 100 * ($0.lerfMean - $0.morfMean) } },
    ].compactMap { $0 }
  }
}
