using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Filtering;
using ZsMlc.MLNet.SyntheticData;

// The extension members of C# 14, called plainly.
var ml = new MLContext();
var labels = LabelSet.Create(["bicycle"], ["dog", "cat"]);
var generator = SyntheticUnseenDataCatalog.SyntheticUnseenData(ml.Transforms, new SyntheticUnseenDataOptions { Labels = labels, Diffusion = "diffusion", StorePath = "store" });
var filter = ClipFilterCatalog.ClipFilter(ml.Transforms, new ClipFilterOptions { Labels = labels, Clip = "clip" });
var trainer = MLContextExtensions.get_MultiLabelClassification(ml).Trainers.FusionMultiLabel(new FusionMultiLabelOptions { Labels = labels, Clip = "clip" });
Console.WriteLine(string.Join(' ', generator.GetType().Name, filter.GetType().Name, trainer.GetType().Name));
