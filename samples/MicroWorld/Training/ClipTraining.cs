using System.Diagnostics;
using System.Globalization;
using MicroWorld.Evaluation;
using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MicroWorld.Training;

/// <summary>Trains the micro CLIP on the web corpus: captions and bare labels against pictures, with colours mixed and shapeless negatives.</summary>
internal sealed class ClipTraining(TrainingOptions options)
{
    private const int Batch = 128;
    private const int CaptionCount = 64;
    private const int Shapeless = 36;
    private const int PixelsOfClip = 64;

    /// <summary>The architecture of the micro CLIP. With the ResNet 2.4 million parameters and 2×2 positions, with the vision transformer 2.1 million and 4×4.</summary>
    public static ClipModel CreateModel(MicroTower tower = MicroTower.ResNet)
    {
        var vocabulary = BpeVocabulary.Learn(Captions.Words);
        var vision = tower == MicroTower.ViT
            ? ClipVisionConfig.ViT(PixelsOfClip, width: 128, patchSize: 16, layers: 6)
            : ClipVisionConfig.ResNet(PixelsOfClip, 16, [1, 2, 2, 2]);
        var config = new ClipConfig(128, vision, new(24, vocabulary.Tokens.Count, 128, 2, 3));
        return new ClipModel(config, vocabulary.ToTokenizer());
    }

    /// <summary>Trains to the last step, from the checkpoint where there is one, and leaves the averaged weights in the model.</summary>
    public void Run(ClipModel model)
    {
        model.to(options.Device);
        var optimizer = new AveragedAdamW(model.named_parameters(), model.named_buffers(), weightDecay: 0.05);
        var saved = CheckpointFile.Load(options.Checkpoint, optimizer.State());
        var done = (int)(saved?["step"] ?? 0);
        var seconds = saved?["seconds"] ?? 0;
        if (saved is not null)
        {
            optimizer.Resume(done);
        }

        var corpus = new WebCorpus((ulong)options.Seed);
        var clock = Stopwatch.StartNew();
        var (lastSave, average) = (0.0, 0.0);
        model.train();
        ClampScale(model);
        for (; done < options.Last; done++)
        {
            using var scope = NewDisposeScope();
            options.SeedStep(done);
            var loss = Loss(corpus, done, model);
            loss.backward();
            var norm = optimizer.Step(options.LearningRate(done), maxNorm: 2);
            ClampScale(model);
            average = average == 0 ? loss.ToDouble() : 0.98 * average + 0.02 * loss.ToDouble();
            if (done % 50 == 0)
            {
                options.Report($"clip step {done}/{options.Steps} loss {average:F3} norm {norm:F2} scale {model.LogitScale.exp().ToDouble():F1} {(seconds + clock.Elapsed.TotalSeconds) / (done + 1):F2} s/step");
            }

            if (done % 500 == 499)
            {
                model.eval();
                Probe(model);
                model.train();
            }

            if (clock.Elapsed.TotalSeconds - lastSave > 180 || done + 1 == options.Last)
            {
                lastSave = clock.Elapsed.TotalSeconds;
                Save(optimizer, done + 1, seconds + lastSave);
            }
        }

        options.ReportEnd("clip", done, seconds + clock.Elapsed.TotalSeconds);
    }

    private static void ClampScale(ClipModel model)
    {
        using var frozen = no_grad();
        model.LogitScale.clamp_(0, Math.Log(100));
    }

    private void Save(AveragedAdamW optimizer, int step, double seconds) =>
        CheckpointFile.Save(options.Checkpoint, new Dictionary<string, double> { ["step"] = step, ["seconds"] = seconds }, optimizer.State());

    private Tensor Loss(WebCorpus corpus, int step, ClipModel model)
    {
        var pictures = Enumerable.Range(0, Batch).Select(i => corpus[(long)step * Batch + i]).ToArray();
        var labels = WorldLabels.All;
        var captioned = pictures[..CaptionCount];
        var drawn = WorldBatches.Draw([.. pictures.Select(p => p.Scene)]);
        var images = Distortions.MixColours(cat([drawn, Negatives(drawn)]));
        var imageFeatures = Normalise(model.EncodeImage(model.Preprocessor.Preprocess(images.to(options.Device))));
        var textFeatures = Normalise(model.EncodeText(Tokenize(model, [.. captioned.Select(c => c.Caption), .. labels]).to(options.Device)));

        // What follows is small, and truth and draws are the CPU's.
        var scores = (matmul(imageFeatures, textFeatures.t()) * model.LogitScale.exp()).cpu();

        var truth = new bool[Batch, CaptionCount + labels.Length];
        for (var i = 0; i < Batch; i++)
        {
            for (var c = 0; c < CaptionCount; c++)
            {
                truth[i, c] = captioned[c].Describes(pictures[i]);
            }

            foreach (var label in pictures[i].Scene.Labels)
            {
                truth[i, CaptionCount + WorldLabels.IndexOf(label)] = true;
            }
        }

        var described = tensor(truth.Cast<bool>().ToArray()).reshape(Batch, -1);
        var captionTruth = described[TensorIndex.Colon, TensorIndex.Slice(0, CaptionCount)];
        var captionScores = scores[TensorIndex.Colon, TensorIndex.Slice(0, CaptionCount)];
        var nothing = zeros([Shapeless, CaptionCount], dtype: ScalarType.Bool);
        var toText = ClipLoss.Grouped(captionScores[TensorIndex.Slice(0, Batch)], captionTruth);
        var toImage = ClipLoss.Grouped(captionScores.t(), cat([captionTruth, nothing]).t());

        // The filter judges among a few candidates: any subset of the labels must give a fair answer, "none of these" included.
        var size = options.Chance(step) < 0.3 ? labels.Length : 4 + step * 7 % (labels.Length - 8);
        var subset = randperm(labels.Length)[TensorIndex.Slice(0, size)];
        var labelScores = scores[TensorIndex.Colon, TensorIndex.Slice(CaptionCount)].index_select(1, subset);
        var labelTruth = described[TensorIndex.Colon, TensorIndex.Slice(CaptionCount)].index_select(1, subset);
        var hasNone = cat([labelTruth.any(1).logical_not(), ones([Shapeless], dtype: ScalarType.Bool)]);
        var calibrated = ClipLoss.Grouped(labelScores[TensorIndex.Slice(0, Batch)], labelTruth)
            + ClipLoss.Unsure(labelScores.index_select(0, hasNone.nonzero().flatten())) * 0.5;
        return toText + toImage + calibrated;
    }

    private static Tensor Negatives(Tensor drawn) => cat(
    [
        Distortions.ShuffleBlocks(drawn[TensorIndex.Slice(0, 14)]),
        Distortions.ShuffleTiles(drawn[TensorIndex.Slice(14, 26)]),
        Distortions.Smear(drawn[TensorIndex.Slice(26, 32)]),
        (drawn[TensorIndex.Slice(32, 36)] + drawn[TensorIndex.Slice(36, 40)]) / 2,
    ]);

    // Padding behind the longest text of the batch would only cost time: the text tower is causal.
    private static Tensor Tokenize(ClipModel model, IReadOnlyList<string> texts)
    {
        var longest = texts.Max(t => model.Tokenizer.Encode(t).Count) + 2;
        return model.Tokenizer.Tokenize(texts, Math.Min(longest, model.Config.Text.ContextLength));
    }

    private static Tensor Normalise(Tensor features) => F.normalize(features, p: 2, dim: -1);

    private void Probe(ClipModel model)
    {
        using var scope = NewDisposeScope();
        var corpus = new WebCorpus(77);
        var web = Enumerable.Range(0, 400).Select(i => corpus[i].Scene).ToList();
        var test = Enumerable.Range(0, 400).Select(i => TargetSet.Picture(TargetSplit.Test, i)).ToList();
        using var all = new Judge(model, WorldLabels.All);
        using var unseen = new Judge(model, WorldLabels.Unseen);
        var pairs = new ProbeScenes(200, 2);
        var drawn = WorldBatches.Draw(pairs.Perfect);
        var testPictures = WorldBatches.Draw(test);
        options.Report(string.Create(CultureInfo.InvariantCulture,
            $"clip probe: web mAP {Ranking.MeanAveragePrecision(all.Scores(WorldBatches.Draw(web)), web, WorldLabels.All):F1}; target all {Ranking.MeanAveragePrecision(all.Scores(testPictures), test, WorldLabels.All):F1}, unseen {Ranking.MeanAveragePrecision(unseen.Scores(testPictures), test, WorldLabels.Unseen):F1}; pairs kept {unseen.KeptPercent(drawn, pairs.Named):F0}, grey {unseen.KeptPercent(Distortions.Grey(drawn), pairs.Named):F0}, replaced {unseen.KeptPercent(WorldBatches.Draw(pairs.Replaced), pairs.Named):F0}, shuffled {unseen.KeptPercent(Distortions.ShuffleBlocks(drawn), pairs.Named):F0} %"));
    }
}
