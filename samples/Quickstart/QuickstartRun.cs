using System.Globalization;
using Spectre.Console;
using ZsMlc.MLNet.Evaluation;
using ZsMlc.Samples.Reporting;
using ZsMlc.Samples.Reporting.Comparison;

namespace ZsMlc.Samples.Quickstart;

/// <summary>Runs the job with live progress, and shows what it came to.</summary>
internal static class QuickstartRun
{
    public static JobResult Run(QuickstartOptions options, CancellationToken cancellationToken)
    {
        // Created here and not taken from AnsiConsole, so that redirected output is honoured.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        Directory.CreateDirectory(options.Output);
        List<string> warnings = [];
        var result = console.Progress()
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new ElapsedTimeColumn())
            .Start(context =>
            {
                var steps = new StepDisplay(context);
                var result = Job.Run(options, steps, cancellationToken);
                warnings = steps.Warnings;
                return result;
            });
        ReportWriter.Write(QuickstartReport.Create(options, result), options.Report);

        warnings.ForEach(w => console.MarkupLineInterpolated($"[yellow]{w}[/]"));
        console.WriteLine();
        console.Write(Table(result));
        console.MarkupLineInterpolated($"[bold]{result.Headline}[/]");
        console.WriteLine();
        var all = result.Methods[0].Generalized;
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"Tags find {100 * all.MicroAtThreshold.Recall:0} % of what the test pictures show, with {all.FalseTagsPerRow:0.00} false tags a picture. Scores are off by {100 * all.ExpectedCalibrationError:0.0} % on average:");
        foreach (var photo in result.Tagged.Take(4))
        {
            console.MarkupLineInterpolated($"{Path.GetFileName(photo.ImagePath)}, which shows {string.Join(", ", photo.Labels)}: {Tags(result, photo)}");
        }

        console.WriteLine();
        console.MarkupLineInterpolated($"{result.Duration.TotalSeconds:0} s in all. Open {Shown(options.Report)}; {Shown(options.Tagger)} is the model, which samples/TagImages serves.");
        return result;
    }

    private static Table Table(JobResult result)
    {
        var table = new Table().RoundedBorder().AddColumn("percent");
        foreach (var column in new[] { "ZSL mAP", "ZSL F1@3", "GZSL mAP", "GZSL F1@3" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var method in result.Methods)
        {
            table.AddRow([method.Name, .. new[] { method.ZeroShot, method.Generalized }.SelectMany(Cells)]);
        }

        return table;
    }

    private static string[] Cells(MultiLabelMetrics metrics) => [Percent(metrics.MeanAveragePrecision), Percent(metrics.AtTopK.F1)];

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Tags(JobResult result, ScoredPhoto photo) => result.Methods[0].Tags(photo).ToList() is { Count: > 0 } tags
        ? string.Join(", ", tags.Select(c => FormattableString.Invariant($"{result.Labels.All[c]} {photo.Score[c]:0.00}")))
        : "no tag";

    private static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
