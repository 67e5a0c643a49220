using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification.Calibration;
using ZsMlc.Torch.Clip;

namespace ZsMlc.Torch.Classification;

/// <summary>What the header of a stored classifier says about the tensors behind it.</summary>
internal sealed record FusionDescription(
    IReadOnlyList<string> Labels, FusionClassifierOptions Options, ClipVisionConfig Vision, int EmbedDim, ClipTextConfig? Text, bool QuickGelu, ScoreCalibration? Calibration = null,
    ImageViews? Views = null)
{
    public const string ImagePrefix = "image_encoder.", TextPrefix = "text_encoder.", PromptPrefix = "prompt_learner.", TextFeatures = "text_features";

    private const string Key = "fusion_classifier";

    private static readonly JsonSerializerOptions s_strict = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public void Write(IDictionary<string, string> metadata) => metadata[Key] = JsonSerializer.Serialize(this);

    /// <summary>Reads a description that the tensors beside it bear out, so that its networks may be built.</summary>
    /// <param name="file">The stored classifier.</param>
    /// <returns>The description; its <see cref="Text"/> is null where the text tower was not stored, else with its tokenizer.</returns>
    /// <exception cref="CheckpointFormatException">There is no description, it is damaged, or it does not fit the tensors.</exception>
    public static (FusionDescription Description, ClipTokenizer? Tokenizer) Read(SafetensorsStream file)
    {
        try
        {
            var json = file.Metadata.GetValueOrDefault(Key) ?? throw new JsonException($"there is no entry '{Key}'.");
            var d = JsonSerializer.Deserialize<FusionDescription>(json, s_strict) ?? throw new JsonException("the description is null.");
            if (!file.Names.Any(n => n.StartsWith(TextPrefix, StringComparison.Ordinal)))
            {
                d = d with { Text = null };
            }

            d.Check(file);
            return (d, d.Text is null ? null : StoredTokenizer.Read(file.Metadata, d.Text));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new CheckpointFormatException(file.Source, $"it is not a fusion classifier: {e.Message}", e);
        }
    }

    private void Check(SafetensorsStream file)
    {
        if (Labels.Count == 0 || Labels.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException($"It has {Labels.Count} labels, {Labels.Count(string.IsNullOrWhiteSpace)} of them empty; expected 1 or more with names.");
        }

        ClipConfig.Positive(EmbedDim, nameof(EmbedDim));
        ClipConfig.Positive(Options.ContextTokens, nameof(Options.ContextTokens));
        ClipConfig.Require(Enum.IsDefined(Options.Norm), $"The norm of the branches is {(int)Options.Norm}, which there is not.");
        Vision.Check();
        Text?.Check();
        Vision.CheckInput(Options.InputSize);
        Calibration?.Check(Labels.Count);
        Views?.Validate(nameof(Views));
        ClipSizes.Check(file, nameof(FusionClassifier), EmbedDim, (Vision, ImagePrefix), Text is null ? null : (Text, TextPrefix));
        Shape(file, TextFeatures, [2 * Labels.Count, EmbedDim]);
        ClipConfig.Require(torch.is_floating_point(file.Info(TextFeatures).DType), $"'{TextFeatures}' is of type {file.Info(TextFeatures).DType}; expected a floating-point type.");
        foreach (var context in new[] { PromptPrefix + nameof(PromptLearner.ctx_pos), PromptPrefix + nameof(PromptLearner.ctx_neg) })
        {
            // Without the text tower nothing reads the contexts, and a classifier that was loaded so and saved again has none.
            if (Text is not null || file.Names.Contains(context))
            {
                var width = Text?.Width ?? file.Info(context).Shape.LastOrDefault();
                Shape(file, context, Options.LabelSpecificContext ? [Labels.Count, Options.ContextTokens, width] : [Options.ContextTokens, width]);
            }
        }
    }

    private static void Shape(SafetensorsStream file, string name, long[] expected)
    {
        if (!file.Names.Contains(name))
        {
            throw new CheckpointMismatchException(file.Source, nameof(FusionClassifier), [name], [], []);
        }

        if (file.Info(name).Shape is var found && !found.SequenceEqual(expected))
        {
            throw new CheckpointMismatchException(file.Source, nameof(FusionClassifier), [], [], [$"{name}: found [{string.Join(", ", found)}], expected [{string.Join(", ", expected)}]"]);
        }
    }
}
