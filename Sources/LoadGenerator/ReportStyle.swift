// SPDX-License-Identifier: Apache-2.0

/// The looks of a report, on light and dark screens and on paper.
enum ReportStyle {
  /// Lines of plots, which differ in lightness too: for those who see few colours.
  private static let light = [
    "#0b62c4", "#c2410c", "#0f7a52", "#8b2fc9", "#b0126b", "#806000", "#0e7490", "#4b5563",
  ]
  private static let dark = [
    "#6cb0ff", "#ff9f66", "#5fd6a2", "#cf9bff", "#ff86c0", "#e6c34a", "#67d8ef", "#b8c0cc",
  ]

  static var colorCount: Int { light.count }

  /// Rules for plots, within an SVG or a page.
  static let plots =
    """
    text{font:13px system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1c2430}
    .title{font-weight:600;font-size:15px}
    .label,.tick{fill:#566273}
    .tick{font-size:12px}
    .end{text-anchor:end}
    .middle{text-anchor:middle}
    .grid{stroke:#e2e6ec;stroke-width:1}
    .axis{stroke:#8b95a3;stroke-width:1}
    .line{fill:none;stroke-width:2;stroke-linejoin:round}
    .dot{stroke:none}
    .paper{fill:#ffffff}
    """ + "\n" + colors(light) + "\n@media (prefers-color-scheme:dark){\n"
      + """
      text{fill:#e7ebf1}
      .label,.tick{fill:#9eabbd}
      .grid{stroke:#2b3440}
      .axis{stroke:#66717f}
      .paper{fill:#12171e}
      """ + "\n" + colors(dark) + "\n}"

  /// Rules for the page around the plots.
  static let page =
    """
    :root{color-scheme:light dark}
    body{margin:2rem auto;max-width:66rem;padding:0 .75rem;background:#ffffff;color:#1c2430;
    font:15px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    h1{font-size:1.35rem;margin:0 0 .25rem}
    p{margin:.25rem 0}
    .quiet{color:#566273}
    .keys{margin:1rem 0 -.5rem;font-size:.9rem}
    .name{margin-right:1.25rem;white-space:nowrap}
    .wide{overflow-x:auto}
    svg{width:100%;height:auto;margin:1rem 0}
    table{border-collapse:collapse;margin:1rem 0;font-size:.85rem;font-variant-numeric:tabular-nums}
    th,td{padding:.3rem .35rem;text-align:right;border-bottom:1px solid #e2e6ec;
    white-space:nowrap}
    th{font-weight:600}
    th:first-child,td:first-child{text-align:left}
    code{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    .key{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.5rem}
    @media (prefers-color-scheme:dark){
    body{background:#12171e;color:#e7ebf1}
    .quiet{color:#9eabbd}
    th,td{border-color:#2b3440}
    }
    """

  private static func colors(_ colors: [String]) -> String {
    colors.enumerated().map { number, color in
      ".line.c\(number){stroke:\(color)}.dot.c\(number){fill:\(color)}"
        + ".key.c\(number){background:\(color)}"
    }.joined(separator: "\n")
  }
}
