using ZsMlc.Samples.Reporting.Html;

namespace ZsMlc.Samples.Reporting.Charts;

/// <summary>Draws horizontal bars, one row a label: the accuracy under each method, or how many pictures were accepted.</summary>
internal static class LabelBarsSvg
{
    private const double Left = 104;
    private const double Right = 356;
    private const double Row = 26;

    /// <summary>Bars of the main method; the others are upright marks on the same scale.</summary>
    public static void WritePrecision(HtmlBuilder html, IReadOnlyList<LabelPrecision> labels, IReadOnlyList<string> methods)
    {
        var x = Axis.Fixed((0, 100), Left, Right);
        Begin(html, labels.Count, x, $"Average precision of {labels.Count} labels under {string.Join(", ", methods)}. The table below has the numbers.");
        for (var i = 0; i < labels.Count; i++)
        {
            var middle = Middle(i);
            Name(html, labels[i].Label, middle);
            for (var m = 0; m < labels[i].ByMethod.Count; m++)
            {
                var value = labels[i].ByMethod[m];
                if (!double.IsFinite(value))
                {
                    continue;
                }

                html.Raw("<g>").Add($"<title>{labels[i].Label}, {methods[m]}: {value:0.0}</title>");
                if (m == 0)
                {
                    html.Add($"<rect class=\"bar m0\" x=\"{Left}\" y=\"{middle - 7}\" width=\"{Math.Max(1, x.Map(value) - Left)}\" height=\"14\" rx=\"2\"/>");
                }
                else
                {
                    html.Add($"<rect class=\"halo\" x=\"{x.Map(value) - 3}\" y=\"{middle - 11}\" width=\"6\" height=\"22\" rx=\"3\"/>");
                    html.Add($"<rect class=\"mark m{m % 4}\" x=\"{x.Map(value) - 1.5}\" y=\"{middle - 10}\" width=\"3\" height=\"20\" rx=\"1.5\"/>");
                }

                html.Raw("</g>");
            }

            var main = labels[i].ByMethod[0];
            Value(html, double.IsFinite(main) ? FormattableString.Invariant($"{main:0.0}") : "none", middle);
        }

        html.Raw("</svg>");
    }

    /// <summary>Accepted beside rejected pictures; the lengths are shares of the pictures made for the label.</summary>
    public static void WriteAcceptance(HtmlBuilder html, IReadOnlyList<LabelAcceptance> labels)
    {
        var x = Axis.Fixed((0, 100), Left, Right);
        Begin(html, labels.Count, x, $"Share of accepted pictures for {labels.Count} labels. The table below has the numbers.");
        for (var i = 0; i < labels.Count; i++)
        {
            var (label, middle) = (labels[i], Middle(i));
            var end = x.Map(label.Rate * 100);
            Name(html, label.Label, middle);
            html.Add($"<g><title>{label.Label}: {label.Accepted} of {label.Generated} accepted</title>");
            html.Add($"<rect class=\"bar rest\" x=\"{Left}\" y=\"{middle - 7}\" width=\"{Right - Left}\" height=\"14\" rx=\"2\"/>");
            html.Add($"<rect class=\"bar good\" x=\"{Left}\" y=\"{middle - 7}\" width=\"{Math.Max(0, end - Left)}\" height=\"14\" rx=\"2\"/></g>");
            Value(html, FormattableString.Invariant($"{label.Accepted}/{label.Generated}"), middle);
        }

        html.Raw("</svg>");
    }

    private static double Middle(int row) => 14 + (row * Row);

    private static void Begin(HtmlBuilder html, int rows, Axis x, string description)
    {
        var bottom = (rows * Row) + 2;
        html.Add($"<svg class=\"chart\" viewBox=\"0 0 400 {bottom + 40}\" role=\"img\" aria-label=\"{description}\">");
        foreach (var tick in x.Ticks)
        {
            html.Add($"<line class=\"grid\" x1=\"{x.Map(tick)}\" x2=\"{x.Map(tick)}\" y1=\"0\" y2=\"{bottom}\"/>");
            html.Add($"<text class=\"tick\" x=\"{x.Map(tick)}\" y=\"{bottom + 16}\" text-anchor=\"middle\">{Axis.Label(tick)}</text>");
        }

        html.Add($"<text class=\"name\" x=\"{(Left + Right) / 2}\" y=\"{bottom + 34}\" text-anchor=\"middle\">percent</text>");
    }

    private static void Name(HtmlBuilder html, string label, double middle) =>
        html.Add($"<text class=\"label\" x=\"{Left - 8}\" y=\"{middle + 4}\" text-anchor=\"end\">{Short(label)}</text>");

    private static void Value(HtmlBuilder html, string value, double middle) =>
        html.Add($"<text class=\"value\" x=\"398\" y=\"{middle + 4}\" text-anchor=\"end\">{value}</text>");

    private static string Short(string label) => label.Length <= 15 ? label : $"{label[..14]}…";
}
