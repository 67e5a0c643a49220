using ZsMlc.Samples.Reporting.Charts;

namespace ZsMlc.Samples.Reporting.Html;

/// <summary>The sections with pictures: generated ones with the judge's scores, and tagged test pictures.</summary>
internal static class PictureSections
{
    public static void WriteGenerated(HtmlBuilder html, Report report)
    {
        var (accepted, all) = (report.Acceptance.Sum(a => a.Accepted), report.Acceptance.Sum(a => a.Generated));
        if (all > 0)
        {
            html.Raw("<figure class=\"wide\"><figcaption>Accepted pictures of each label</figcaption>");
            html.Raw("<ul class=\"legend\"><li><span class=\"key good\"></span>accepted</li><li><span class=\"key rest\"></span>rejected</li></ul>");
            html.Raw("<div class=\"columns\">");
            var half = report.Acceptance.Count > 8 ? (report.Acceptance.Count + 1) / 2 : report.Acceptance.Count;
            foreach (var column in report.Acceptance.Chunk(Math.Max(1, half)))
            {
                LabelBarsSvg.WriteAcceptance(html, column);
            }

            html.Raw("</div><details><summary>The numbers</summary><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Label</th>");
            html.Raw("<th scope=\"col\" class=\"number\">generated</th><th scope=\"col\" class=\"number\">accepted</th><th scope=\"col\" class=\"number\">percent</th></tr></thead><tbody>");
            foreach (var label in report.Acceptance)
            {
                html.Add($"<tr><th scope=\"row\">{label.Label}</th><td class=\"number\">{label.Generated}</td>");
                html.Add($"<td class=\"number\">{label.Accepted}</td><td class=\"number\">{label.Rate * 100:0.0}</td></tr>");
            }

            html.Raw("</tbody></table></div></details>");
            html.Add($"<p class=\"note\">A picture that shows two labels counts for both, so the sums ({accepted} of {all}) count it twice.</p></figure>");
        }

        WriteGrid(html, "Accepted", "These were trained on.", [.. report.Pictures.Where(p => p.Accepted)]);
        WriteGrid(html, "Rejected", "These were thrown away.", [.. report.Pictures.Where(p => !p.Accepted)]);
    }

    public static void WriteTagged(HtmlBuilder html, Report report)
    {
        html.Raw("<ul class=\"cards tagged\">");
        foreach (var picture in report.Tagged)
        {
            html.Raw("<li>");
            WriteImage(html, picture.Picture);
            html.Raw("<div class=\"body\"><ol class=\"tags\">");
            foreach (var tag in picture.Tags)
            {
                html.Add($"<li class=\"{(tag.Correct ? "right" : "wrong")}\"><span class=\"sign\" aria-label=\"{(tag.Correct ? "right" : "wrong")}\" role=\"img\">{(tag.Correct ? "✓" : "✗")}</span>");
                html.Add($"<span class=\"word\">{tag.Label}").Raw(tag.Unseen ? " <em>unseen</em>" : "");
                html.Add($"</span><span class=\"score\">{tag.Score * 100:0} %</span><span class=\"track\"><span style=\"width:{Math.Clamp(tag.Score, 0, 1) * 100}%\"></span></span></li>");
            }

            html.Raw("</ol>");
            if (picture.Missed.Count > 0)
            {
                html.Add($"<p class=\"missed\">Not found: {string.Join(", ", picture.Missed)}</p>");
            }

            html.Raw("</div></li>");
        }

        html.Raw("</ul><p class=\"note\">The bar is the model's probability. <em class=\"badge\">unseen</em> marks a label without a single training photo.</p>");
    }

    private static void WriteGrid(HtmlBuilder html, string title, string sentence, IReadOnlyList<GeneratedPicture> pictures)
    {
        if (pictures.Count == 0)
        {
            return;
        }

        html.Add($"<h3>{title}</h3><p class=\"lead\">{sentence}</p><ul class=\"cards generated\">");
        foreach (var picture in pictures)
        {
            html.Raw("<li>");
            WriteImage(html, picture.Picture);
            html.Add($"<div class=\"body\"><p class=\"prompt\">{picture.Prompt}</p><ul class=\"tags\">");
            foreach (var target in picture.Targets)
            {
                var passed = target.Score > picture.Threshold;
                html.Add($"<li class=\"{(passed ? "right" : "wrong")}\"><span class=\"sign\" role=\"img\" aria-label=\"{(passed ? "over the threshold" : "under the threshold")}\">{(passed ? "✓" : "✗")}</span>");
                html.Add($"<span class=\"word\">{target.Label}</span><span class=\"score\">{target.Score:0.00}</span>");
                html.Add($"<span class=\"track\"><span style=\"width:{Math.Clamp(target.Score, 0, 1) * 100}%\"></span><i style=\"left:{picture.Threshold * 100}%\"></i></span></li>");
            }

            html.Raw("</ul>");
            if (picture.Reason.Length > 0)
            {
                html.Add($"<p class=\"missed\">{picture.Reason}</p>");
            }

            html.Raw("</div></li>");
        }

        html.Raw("</ul>");
    }

    private static void WriteImage(HtmlBuilder html, Picture picture)
    {
        // Micro pictures are a few dozen pixels wide: enlarging them smoothly would only blur them.
        html.Add($"<img class=\"{(picture.Width < 160 ? "tiny" : "")}\" width=\"{picture.Width}\" height=\"{picture.Height}\" alt=\"{picture.Description}\" src=\"");
        html.Raw(picture.ToDataUri()).Raw("\">");
    }
}
