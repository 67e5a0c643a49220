using System.Globalization;
using ZsMlc.Samples.Reporting.Charts;

namespace ZsMlc.Samples.Reporting.Html;

/// <summary>The sections about figures: methods, labels, training, and the run itself.</summary>
internal static class ResultSections
{
    private static readonly (string Name, Func<RankingScores, double> Value)[] Columns =
    [
        ("mAP", s => s.MeanAveragePrecision), ("P@3", s => s.Precision), ("R@3", s => s.Recall), ("F1@3", s => s.F1),
    ];

    public static void WriteMethods(HtmlBuilder html, Report report)
    {
        html.Add($"<p class=\"lead\">{report.MeasuredOn}</p>");
        html.Raw("<div class=\"scroll\" role=\"region\" aria-label=\"Accuracy of each method\" tabindex=\"0\"><table class=\"methods\">");
        html.Raw("<thead><tr><th rowspan=\"2\" scope=\"col\">Method</th><th colspan=\"4\" scope=\"colgroup\">Unseen labels only</th>");
        html.Raw("<th colspan=\"4\" scope=\"colgroup\">All labels together</th></tr><tr>");
        for (var group = 0; group < 2; group++)
        {
            foreach (var (name, _) in Columns)
            {
                html.Add($"<th scope=\"col\" class=\"{(name == "mAP" ? "number first" : "number")}\">{name}</th>");
            }
        }

        html.Raw("</tr></thead><tbody>");
        for (var i = 0; i < report.Methods.Count; i++)
        {
            var method = report.Methods[i];
            html.Add($"<tr class=\"{(i == 0 ? "main" : "")}\"><th scope=\"row\"><span class=\"key m{i % 4}\"></span>{method.Name}<small>{method.Detail}</small></th>");
            WriteScores(html, method.ZeroShot, report.Methods.Select(m => m.ZeroShot));
            WriteScores(html, method.Generalized, report.Methods.Select(m => m.Generalized));
            html.Raw("</tr>");
        }

        html.Raw("</tbody></table></div>");
        html.Raw("<p class=\"note\">Percent; the best of each column is bold. <b>mAP</b> is the mean over labels of the average precision. ");
        html.Raw("<b>P@3</b>, <b>R@3</b> and <b>F1@3</b> take the three highest labels of each picture as its tags.</p>");
    }

    public static void WriteLabels(HtmlBuilder html, Report report)
    {
        var names = report.Methods.Select(m => m.Name).ToArray();
        if (names.Length > 0)
        {
            WriteLegend(html, names);
        }

        html.Raw("<div class=\"charts\">");
        if (report.Labels.Count > 0)
        {
            html.Raw("<figure><figcaption>Average precision of each label</figcaption>");
            LabelBarsSvg.WritePrecision(html, report.Labels, names);
            html.Raw("<details><summary>The numbers</summary><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Label</th>");
            foreach (var name in names)
            {
                html.Add($"<th scope=\"col\" class=\"number\">{name}</th>");
            }

            html.Raw("</tr></thead><tbody>");
            foreach (var label in report.Labels)
            {
                html.Add($"<tr><th scope=\"row\">{label.Label}</th>");
                foreach (var value in label.ByMethod)
                {
                    html.Add($"<td class=\"number\">{(double.IsFinite(value) ? value.ToString("0.0", CultureInfo.InvariantCulture) : "–")}</td>");
                }

                html.Raw("</tr>");
            }

            html.Raw("</tbody></table></div></details></figure>");
        }

        if (report.PrecisionRecall.Count > 0)
        {
            WriteFigure(html, report.PrecisionRecall[0], small: false);
        }

        html.Raw("</div>");
        if (report.PrecisionRecall.Count > 1)
        {
            html.Raw("<h3>Precision and recall of single labels</h3><div class=\"charts small\">");
            foreach (var chart in report.PrecisionRecall.Skip(1))
            {
                WriteFigure(html, chart, small: true);
            }

            html.Raw("</div>");
        }
    }

    public static void WriteCharts(HtmlBuilder html, IReadOnlyList<LineChart> charts)
    {
        html.Raw("<div class=\"charts\">");
        foreach (var chart in charts)
        {
            WriteFigure(html, chart, small: false, legend: true);
        }

        html.Raw("</div>");
    }

    public static void WriteRun(HtmlBuilder html, Report report)
    {
        html.Raw("<div class=\"charts\">");
        if (report.Steps.Count > 0)
        {
            var total = report.Steps.Sum(s => s.Duration.TotalSeconds);
            html.Raw("<div><h3>Steps</h3><ol class=\"steps\">");
            foreach (var step in report.Steps)
            {
                var share = total > 0 ? step.Duration.TotalSeconds / total * 100 : 0;
                html.Add($"<li><span class=\"step\">{step.Name}</span><span class=\"time\">{Duration(step.Duration)}</span>");
                html.Add($"<span class=\"track\"><span style=\"width:{share}%\"></span></span><small>{step.Detail}</small></li>");
            }

            html.Add($"</ol><p class=\"note\">{Duration(TimeSpan.FromSeconds(total))} in all.</p></div>");
        }

        if (report.Settings.Count > 0)
        {
            html.Raw("<div><h3>Settings</h3><dl class=\"settings\">");
            foreach (var (name, value) in report.Settings)
            {
                html.Add($"<dt>{name}</dt><dd>{value}</dd>");
            }

            html.Raw("</dl></div>");
        }

        html.Raw("</div>");
    }

    private static void WriteScores(HtmlBuilder html, RankingScores scores, IEnumerable<RankingScores> all)
    {
        foreach (var (name, value) in Columns)
        {
            var best = value(scores) >= all.Max(value) - 0.05;
            html.Add($"<td class=\"{(name == "mAP" ? "number first" : "number")}\">").Raw(best ? "<strong>" : "");
            html.Add($"{value(scores):0.0}").Raw(best ? "</strong></td>" : "</td>");
        }
    }

    private static void WriteFigure(HtmlBuilder html, LineChart chart, bool small, bool legend = false)
    {
        html.Add($"<figure><figcaption>{chart.Title}</figcaption>");
        if (legend && chart.Series.Count > 1)
        {
            html.Raw("<ul class=\"legend\">");
            foreach (var series in chart.Series)
            {
                html.Add($"<li><span class=\"key m{series.Method % 4}\"></span>{series.Name}</li>");
            }

            html.Raw("</ul>");
        }

        LineChartSvg.Write(html, chart, small);
        if (chart.Note.Length > 0)
        {
            html.Add($"<p class=\"note\">{chart.Note}</p>");
        }

        html.Raw("</figure>");
    }

    private static void WriteLegend(HtmlBuilder html, IReadOnlyList<string> names)
    {
        html.Raw("<ul class=\"legend\">");
        for (var i = 0; i < names.Count; i++)
        {
            html.Add($"<li><span class=\"key m{i % 4}\"></span>{names[i]}</li>");
        }

        html.Raw("</ul>");
    }

    private static string Duration(TimeSpan time) => time switch
    {
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
        { TotalSeconds: >= 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
    };
}
