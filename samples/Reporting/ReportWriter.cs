using System.Globalization;
using System.Text;
using ZsMlc.Samples.Reporting.Html;

namespace ZsMlc.Samples.Reporting;

/// <summary>Writes a report as one HTML file that needs no other file, no script and no network.</summary>
public static class ReportWriter
{
    /// <summary>Writes the page to a file, by way of a temporary one.</summary>
    public static void Write(Report report, string path)
    {
        ArgumentNullException.ThrowIfNull(report);
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var temporary = full + ".tmp";
        File.WriteAllText(temporary, ToHtml(report), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(temporary, full, overwrite: true);
    }

    /// <summary>The page as text.</summary>
    public static string ToHtml(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var sections = Sections(report);
        var html = new HtmlBuilder();
        html.Raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n");
        html.Raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        html.Raw("<link rel=\"icon\" href=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkSD/9HwADpAI9kCgBowAAAABJRU5ErkJggg==\">\n");
        html.Add($"<title>{report.Title}</title>\n<style>\n").Raw(Style()).Raw("</style>\n</head>\n<body>\n");
        html.Raw("<a class=\"skip\" href=\"#main\">Skip to the results</a>\n");
        WriteHeader(html, report);
        html.Raw("<nav aria-label=\"Contents\"><ol>");
        foreach (var section in sections)
        {
            html.Add($"<li><a href=\"#{section.Id}\">{section.Short}</a></li>");
        }

        html.Raw("</ol></nav>\n<main id=\"main\">\n");
        foreach (var section in sections)
        {
            html.Add($"<section id=\"{section.Id}\" aria-labelledby=\"{section.Id}-title\">\n<h2 id=\"{section.Id}-title\">{section.Title}</h2>\n");
            section.Write(html, report);
            html.Raw("</section>\n");
        }

        return html.Raw("</main>\n</body>\n</html>\n").ToString();
    }

    private static List<Section> Sections(Report report)
    {
        var sections = new List<Section>();
        if (report.Methods.Count > 0)
        {
            sections.Add(new("accuracy", "Accuracy", "How accurate is it?", ResultSections.WriteMethods));
        }

        if (report.Tagged.Count > 0)
        {
            sections.Add(new("tagged", "Tagged photos", "What it says about test pictures", PictureSections.WriteTagged));
        }

        if (report.Pictures.Count > 0 || report.Acceptance.Count > 0)
        {
            sections.Add(new("generated", "Training pictures", "What was generated, and what the judge kept", PictureSections.WriteGenerated));
        }

        if (report.Labels.Count > 0 || report.PrecisionRecall.Count > 0)
        {
            sections.Add(new("labels", "Label by label", "Accuracy label by label", ResultSections.WriteLabels));
        }

        if (report.Reliability.Count > 0)
        {
            sections.Add(new("scores", "Scores", "Do the scores hold as probabilities?", (html, r) => ResultSections.WriteCharts(html, r.Reliability)));
        }

        if (report.Training.Count > 0)
        {
            sections.Add(new("training", "Training", "Training", (html, r) => ResultSections.WriteCharts(html, r.Training)));
        }

        if (report.Steps.Count > 0 || report.Settings.Count > 0)
        {
            sections.Add(new("run", "The run", "How this run was made", ResultSections.WriteRun));
        }

        return sections;
    }

    private static void WriteHeader(HtmlBuilder html, Report report)
    {
        html.Add($"<header>\n<p class=\"kicker\">{report.Title}</p>\n<h1>{report.Headline}</h1>\n");
        if (report.Highlights.Count > 0)
        {
            html.Raw("<dl class=\"highlights\">");
            foreach (var highlight in report.Highlights)
            {
                html.Add($"<div><dt>{highlight.Caption}</dt><dd><strong>{highlight.Value}</strong> <span>{highlight.Detail}</span></dd></div>");
            }

            html.Raw("</dl>\n");
        }

        var created = report.Created.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture);
        html.Add($"<p class=\"made\"><time datetime=\"{report.Created.ToString("O", CultureInfo.InvariantCulture)}\">{created}</time></p>\n</header>\n");
    }

    private static string Style()
    {
        using var stream = typeof(ReportWriter).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private sealed record Section(string Id, string Short, string Title, Action<HtmlBuilder, Report> Write);
}
