using SkiaSharp;
using ZsMlc.Samples.Reporting;

namespace ZsMlc.Samples.Tests.Reporting;

/// <summary>A report with every section filled.</summary>
internal static class ExampleReport
{
    private static readonly string[] Labels = ["bus", "dog", "elephant", "umbrella", "cup", "cake", "scissors", "airplane", "skateboard"];

    private static readonly string[] Prompts =
    [
        "A photo of a {0} next to a {1} on a quiet street in the early morning light.",
        "A wide shot of a {0} standing next to a {1} in front of a red brick wall.",
        "On a wooden table there is a {0} next to a {1}, seen from above.",
    ];

    public static Report Create(int pictures = 24)
    {
        var random = new Random(5);
        return new Report
        {
            Title = "Zero-shot tagging <micro> & report",
            Headline = "Eight labels without a single photo, tagged at 74.1 mAP: 5.3 more than CLIP alone.",
            Created = new DateTimeOffset(2025, 3, 4, 15, 30, 0, TimeSpan.Zero),
            Highlights =
            [
                new("74.1", "mAP on unseen labels", "+5.3 over zero-shot CLIP"), new("68.8", "mAP on all labels", "+9.0 over zero-shot CLIP"),
                new("412 of 800", "generated pictures accepted", "52 %"), new("3 min 41 s", "from nothing to a tagger", "2 CPU cores"),
            ],
            MeasuredOn = "200 test pictures, 8 unseen and 24 seen labels",
            Methods =
            [
                new("Full method", "seen photos, filtered synthetic pictures, fusion", new(74.1, 41.2, 78.3, 54.0), new(68.8, 55.1, 60.2, 57.5)),
                new("Seen photos only", "no pictures of the unseen labels", new(67.6, 36.0, 70.1, 47.6), new(66.0, 53.3, 58.9, 56.0)),
                new("Zero-shot CLIP", "no training at all", new(68.8, 37.4, 71.3, 49.1), new(59.8, 44.1, 50.0, 46.9)),
            ],
            Acceptance = [.. Labels.Select((l, i) => new LabelAcceptance(l, 20 + (i * 7), 100 - (i * 2)))],
            Pictures = [.. Enumerable.Range(0, pictures).Select(i => Generated(i, random))],
            Training =
            [
                new("Loss", "epoch", "loss", [Falling("seen photos", 0, 0.9), Falling("synthetic pictures", 1, 1.4)]),
                new("Validation accuracy", "epoch", "mAP, percent", [new("validation", 0, [.. Enumerable.Range(1, 20).Select(e => new ChartPoint(e, 75 - (20.0 / e)))])])
                    { Note = "Held out from the seen photos; the best epoch is kept." },
            ],
            Labels = [.. Labels.Select((l, i) => new LabelPrecision(l, [88 - (i * 4), 70 - (i * 3), i == 3 ? double.NaN : 76 - (i * 5)]))],
            PrecisionRecall = [.. Labels.Take(6).Prepend("All unseen labels").Select(l => Curves(l, random))],
            Reliability = [new("Reliability", "score", "share that is right", [new("all labels", 0, [new(0.05, 0.02), new(0.5, 0.6), new(0.95, 0.9)])]) { XRange = (0, 1), YRange = (0, 1), Note = "Expected calibration error 2.0 %." }],
            Tagged = [.. Enumerable.Range(0, 10).Select(i => Tagged(i))],
            Steps =
            [
                new("Read prompts", TimeSpan.FromSeconds(0.4), "120 prompts from the built-in grammar"), new("Generate pictures", TimeSpan.FromSeconds(101)),
                new("Judge with CLIP", TimeSpan.FromSeconds(9.2)), new("Train", TimeSpan.FromSeconds(88), "20 epochs"), new("Evaluate", TimeSpan.FromSeconds(14)),
            ],
            Settings = [new("Seed", "7"), new("Device", "CPU, 2 threads"), new("Command", "dotnet run --project samples/Quickstart -c Release")],
        };
    }

    private static GeneratedPicture Generated(int i, Random random)
    {
        var (a, b) = (Labels[i % Labels.Length], Labels[(i * 3 + 1) % Labels.Length]);
        var accepted = i % 3 != 2;
        var content = Pictures.Draw(SKColor.FromHsv(i * 29 % 360, 40, 90), SKColor.FromHsv(i * 71 % 360, 80, 70));
        var targets = new LabelScore[] { new(a, 0.55 + (0.4 * random.NextDouble())), new(b, accepted ? 0.71 : 0.21) };
        return new(new(content, 64, 64, $"Generated picture of a {a} and a {b}"), string.Format(null, Prompts[i % 3], a, b), targets, accepted, 0.5,
            accepted ? "" : $"{b} is under the threshold.");
    }

    private static LineSeries Falling(string name, int method, double start) =>
        new(name, method, [.. Enumerable.Range(1, 20).Select(e => new ChartPoint(e, start * Math.Exp(-e / 6.0) + (0.08 * start)))]);

    private static LineChart Curves(string title, Random random)
    {
        LineSeries Curve(string name, int method, double level)
        {
            var truth = Enumerable.Range(0, 120).Select(i => i % 3 == 0).ToArray();
            var scores = truth.Select(t => (float)(random.NextDouble() + (t ? level : 0))).ToArray();
            return new(name, method, PrecisionRecallCurve.Of(scores, truth));
        }

        return new(title, "recall", "precision", [Curve("Full method", 0, 0.7), Curve("Seen photos only", 1, 0.4), Curve("Zero-shot CLIP", 2, 0.45)])
        {
            XRange = (0, 1), YRange = (0, 1),
        };
    }

    private static TaggedPicture Tagged(int i)
    {
        var content = Pictures.Draw(SKColor.FromHsv(i * 53 % 360, 30, 85), SKColor.FromHsv(i * 97 % 360, 70, 60), format: SKEncodedImageFormat.Jpeg);
        return new(new(content, 64, 64, $"Test picture {i + 1}"),
            [new(Labels[i % 9], 0.93, true, true), new("person", 0.71, true, false), new(Labels[(i + 4) % 9], 0.34, false, true)],
            i % 2 == 0 ? [] : ["traffic light"]);
    }
}
