using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.Torch.Diffusion;

// What a user of the packages does: no call before TorchSharp, no checkpoint but the micro models.
using (var three = TorchSharp.torch.ones(3).sum())
{
    Console.WriteLine($"torch {three.item<float>()}");
}

var ml = new MLContext(seed: 7);
var micro = ZeroShotModels.Micro;
var labels = LabelSet.Create(micro.Seen, micro.Unseen);
var pictures = ml.Data.TakeRows(ml.Data.LoadFromCoco(micro.Validation.Annotations, micro.Validation.Images, new() { Labels = labels.All }), 16);
var pipeline = ml.Transforms.CopyColumns("File", "ImagePath")
    .Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions { Labels = labels, Clip = micro.Clip, Network = new() { ContextTokens = 4 }, Epochs = 1, BatchSize = 8 }));
var model = pipeline.Fit(pictures);
ml.Model.Save(model, pictures.Schema, "tagger.zip");
var loaded = new MLContext().Model.Load("tagger.zip", out _);
var same = model.Transform(pictures).GetColumn<float[]>("Score").SelectMany(s => s).SequenceEqual(loaded.Transform(pictures).GetColumn<float[]>("Score").SelectMany(s => s));
Console.WriteLine($"scored {loaded.Transform(pictures).GetColumn<float[]>("Score").Count()} pictures of {labels.Count} labels, {(same ? "alike" : "differently")} after loading");
Console.WriteLine(ml.MultiLabelClassification.Evaluate(loaded.Transform(pictures), labels.Seen).RowCount + " rows evaluated");

using var painter = StableDiffusionPipeline.FromPretrained(micro.Diffusion);
var image = (await painter.GenerateAsync([$"a {labels.Unseen[0]}"], options: new() { Steps = 2 }))[0];
Console.WriteLine($"painted {image.Width}x{image.Height}");
