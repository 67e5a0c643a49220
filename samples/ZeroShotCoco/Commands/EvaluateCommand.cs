using System.CommandLine;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.Reporting;
using ZsMlc.Samples.Reporting.Comparison;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Measures the tagger on the test photos, among the unseen labels and among all, and writes the report.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var work = SharedOptions.Work();
        var images = SharedOptions.Images("test");
        var clip = new Option<string?>("--clip") { Description = "A CLIP to compare with as it is, without training: a checkpoint, its name on the Hugging Face hub, or 'micro'." };
        var download = new DownloadOption();
        var gpu = SharedOptions.Gpu();
        var command = new Command("evaluate", "Measure the tagger on the test photos and write report.html.") { work, images, clip, download, gpu };
        command.SetAction(async (result, cancellationToken) =>
        {
            await download.FetchAsync(result, cancellationToken, result.GetValue(clip));
            return Run(new Workspace(result.GetValue(work)!.FullName), result.GetValue(images)!.FullName, result.GetValue(clip), result.GetValue(gpu));
        });
        return command;
    }

    private static int Run(Workspace work, string images, string? clip, int? gpu)
    {
        var ml = new MLContext { GpuDeviceId = gpu, FallbackToCpu = false };
        var labels = LabelSet.Load(work.Require(work.Labels, "split"));
        var test = ml.Data.LoadFromCoco(work.TestAnnotations, images);
        List<MeasuredMethod> methods = [];
        List<(string, int, FusionTrainingResult)> training = [];
        IReadOnlyList<SyntheticSample> samples = [];

        void Add(string name, string detail, IDataView scored)
        {
            methods.Add(MeasuredMethod.Of(ml, name, detail, scored, labels));
            Console.WriteLine($"{name}, unseen labels: {methods[^1].ZeroShot}");
            Console.WriteLine($"{name}, all labels:    {methods[^1].Generalized}");
        }

        void AddModel(string name, string detail, TrainedModel files)
        {
            var model = ml.MultiLabelClassification.LoadChain(files.Zip, out _);
            Add(name, detail, model.Transform(test));
            training.Add((name, methods.Count - 1, JsonFile.Read<FusionTrainingResult>(files.Log)));
            if (model is IEnumerable<ITransformer> chain && chain.OfType<SyntheticUnseenDataTransformer>().FirstOrDefault() is { } generator && Directory.Exists(generator.StorePath))
            {
                samples = generator.Samples();
            }

            (model as IDisposable)?.Dispose();
        }

        work.Require(work.Full.Zip, "train");
        AddModel("Full method", "photos and accepted generated pictures", work.Full);
        if (File.Exists(work.PhotosOnly.Zip))
        {
            AddModel("Photos alone", "the same classifier, no pictures of the unseen labels", work.PhotosOnly);
        }

        if (clip is not null)
        {
            Add("Zero-shot CLIP", "no training, the labels' names alone", ZeroShotClip.Score(ml, test, labels, SharedOptions.Resolve(clip, m => m.Clip), "a photo of a {0}."));
        }

        ReportWriter.Write(CocoReport.Create(labels, methods, training, samples), work.Report);
        Console.WriteLine($"{work.Report} written");
        return 0;
    }
}
