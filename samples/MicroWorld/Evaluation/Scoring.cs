using TorchSharp;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>Scores of every label for pictures: [pictures · labels], unseen labels first.</summary>
internal static class Scoring
{
    private const int Batch = 100;

    public static float[] Of(FusionClassifier classifier, IReadOnlyList<Example> examples) =>
        InBatches(examples, part => classifier.Score(TrainingRows.Pictures(part)));

    /// <summary>CLIP's own scores by the labels' names.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="examples">The pictures.</param>
    /// <param name="size">Side of the images that it takes, in pixels; CLIP's own where null.</param>
    /// <param name="corners">Whether the four corners are scored beside the whole picture, the best of them counting.</param>
    public static float[] ZeroShot(ClipModel clip, IReadOnlyList<Example> examples, int? size = null, bool corners = false)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var preprocessor = size is { } side ? new ClipPreprocessor(side, clip.Config.Vision.Pixels) : clip.Preprocessor;
        var texts = nn.functional.normalize(clip.EncodeText(WorldLabels.All), dim: -1).t();
        return InBatches(examples, part =>
        {
            var pictures = TrainingRows.Pictures(part);
            Tensor[] views = corners ? [pictures, .. Corners(pictures)] : [pictures];
            return stack([.. views.Select(v => nn.functional.normalize(clip.EncodeImage(preprocessor.Preprocess(v)), dim: -1).matmul(texts))]).amax([0]);
        });
    }

    // As the library's ImageViews cuts them: two thirds of either side.
    private static IEnumerable<Tensor> Corners(Tensor pictures)
    {
        var whole = pictures.shape[3];
        var side = (long)Math.Round(whole * 2 / 3.0);
        return from top in new[] { 0, whole - side }
               from left in new[] { 0, whole - side }
               select pictures.narrow(2, top, side).narrow(3, left, side);
    }

    private static float[] InBatches(IReadOnlyList<Example> examples, Func<Example[], Tensor> score)
    {
        var scores = new List<float>();
        foreach (var part in examples.Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            scores.AddRange(score(part).contiguous().data<float>().ToArray());
        }

        return [.. scores];
    }
}
