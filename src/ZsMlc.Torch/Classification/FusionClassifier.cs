using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// The classifier: CLIP's frozen ResNet with fusion branches, CLIP's frozen text tower behind learnt contexts, and region
/// aggregation between the two.
/// </summary>
public sealed partial class FusionClassifier : nn.Module<Tensor, Tensor>
{
    internal readonly PromptLearner? prompt_learner;
    internal readonly ModifiedResNet image_encoder;
    internal readonly TextTransformer? text_encoder;
    private Tensor? _texts;
    private FoldedResNet? _folded;

    internal FusionClassifier(FusionClassifierOptions options, IReadOnlyList<string> labels, ModifiedResNet images, TextTransformer? text, PromptLearner? prompts)
        : base(nameof(FusionClassifier))
    {
        (Options, Labels, image_encoder, text_encoder, prompt_learner) = (options, labels, images, text, prompts);
        RegisterComponents();
    }

    /// <summary>Gets the shape of the classifier.</summary>
    public FusionClassifierOptions Options { get; }

    /// <summary>Gets the labels, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Gets the sizes of the image tower.</summary>
    public ClipVisionConfig Vision => image_encoder.Config;

    /// <summary>Gets the device of the weights.</summary>
    public Device Device => image_encoder.conv1.weight.device;

    /// <summary>Creates an untrained classifier on a CLIP model, whose towers are copied (image) and shared (text).</summary>
    /// <param name="clip">CLIP with a <see cref="ModifiedResNet"/>; it must outlive the classifier.</param>
    /// <param name="labels">The labels, in the order of the scores.</param>
    /// <param name="options">The shape, or <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">The model has a vision transformer; there are no labels; or a label has too many tokens.</exception>
    public static FusionClassifier Create(ClipModel clip, IReadOnlyList<string> labels, FusionClassifierOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextTokens, 1, nameof(options.ContextTokens));
        if (clip.Visual is not ModifiedResNet source)
        {
            throw new ArgumentException("The fusion classifier needs a CLIP model with a ResNet (RN50, RN101, RN50x4); this one has a vision transformer.", nameof(clip));
        }

        if (labels.Count == 0)
        {
            throw new ArgumentException("There are no labels.", nameof(labels));
        }

        var images = Tower(clip.Config.Vision, clip.Config.EmbedDim, options);
        images.to(source.conv1.weight.dtype);
        images.to(source.conv1.weight.device);
        CopyWeights(source, images);
        var prompts = new PromptLearner(clip.Text, clip.Tokenizer, labels, options.ContextTokens, options.LabelSpecificContext);
        prompts.to(source.conv1.weight.dtype);
        prompts.to(source.conv1.weight.device);
        var classifier = new FusionClassifier(options, labels, images, clip.Text, prompts) { _tokenizer = clip.Tokenizer, QuickGelu = clip.Config.QuickGelu };
        classifier.Freeze();
        return classifier.KeepAlive();
    }

    /// <summary>An image tower with branches as the options ask, with random weights.</summary>
    internal static ModifiedResNet Tower(ClipVisionConfig config, int embedDim, FusionClassifierOptions options) =>
        new(config, embedDim, (_, channels) => options.Fusion && channels > FusedConvolution.MinimumChannels
            ? new FusedConvolution(channels, options.Norm, options.FusionProjection)
            : ModifiedResNet.PlainConvolution(channels));

    /// <summary>Gets the parameters that training changes: those of the contexts.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> ContextParameters() =>
        named_parameters().Where(p => p.name.StartsWith("prompt_learner.", StringComparison.Ordinal)).Select(p => (p.name, p.parameter)).ToList();

    /// <summary>Gets the parameters that training changes: those of the fusion branches.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> FusionParameters() =>
        named_parameters().Where(p => p.name.Contains(".global_branch.", StringComparison.Ordinal)).Select(p => (p.name, p.parameter)).ToList();

    /// <summary>Normalised text features [2C, E]: C negative, then C positive. Gradients flow to the contexts.</summary>
    public Tensor TextFeatures()
    {
        if (prompt_learner is null || text_encoder is null)
        {
            throw new InvalidOperationException("This classifier was stored without its text tower; it can score but not learn.");
        }

        using var scope = NewDisposeScope();
        Tensor Encode(bool positive) => prompt_learner.IsGeneric
            ? PrefixSharing.Encode(text_encoder, prompt_learner, positive)
            : PrefixSharing.EncodePlain(text_encoder, prompt_learner, positive);
        return nn.functional.normalize(cat([Encode(false), Encode(true)], 0), dim: -1).MoveToOuterDisposeScope();
    }

    /// <summary>Pair logits of all labels.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <returns>[B, 2, C]: index 0 of the second dimension speaks for "absent", 1 for "present".</returns>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var texts = TextFeatures();
        return Logits(images, texts).MoveToOuterDisposeScope();
    }

    /// <summary>Pair logits of the labels whose text features are given.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <param name="texts">Normalised text features [2C, E], negatives first.</param>
    /// <returns>[B, 2, C].</returns>
    public Tensor Logits(Tensor images, Tensor texts)
    {
        using var scope = NewDisposeScope();
        return RegionAggregation.PairLogits(Folded(ComputeType ?? Stored).EncodeDense(images).to(texts.dtype), texts).MoveToOuterDisposeScope();
    }

    /// <summary>Sets evaluation mode and stops gradients everywhere but in contexts and branches. Branches with batch statistics stay in training mode while <paramref name="train"/> is true.</summary>
    internal void Freeze(bool train = false)
    {
        eval();
        foreach (var (name, parameter) in named_parameters())
        {
            var learnt = name.StartsWith("prompt_learner.", StringComparison.Ordinal) || name.Contains(".global_branch.", StringComparison.Ordinal);
            parameter.requires_grad_(learnt);
        }

        if (train)
        {
            foreach (var branch in modules().OfType<GlobalBranch>())
            {
                branch.train();
            }
        }
    }

    /// <summary>Gets or sets the element type that images are computed in; null for that of the weights. BFloat16 is about twice as fast on machines that have it, at a small loss of accuracy.</summary>
    public ScalarType? ComputeType { get; set; }

    /// <summary>The type of the weights; half-precision storage computes in single precision.</summary>
    private ScalarType Stored => image_encoder.conv1.weight.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>The image tower with its frozen norms folded, made on first use.</summary>
    private FoldedResNet Folded(ScalarType dtype)
    {
        if (_folded is null || _folded.DType != dtype)
        {
            ForgetFolded();

            // The first use may be in inference mode, a later one in training, which cannot take tensors made there.
            using var ordinary = inference_mode(false);
            _folded = new(image_encoder, dtype, module => module is FusedConvolution fused
                ? (fused.conv, fused.global_branch.Scaled)
                : ((Conv2d)module, null));
        }

        return _folded;
    }

    private void ForgetFolded()
    {
        _folded?.Dispose();
        _folded = null;
    }

    private static void CopyWeights(ModifiedResNet source, ModifiedResNet target)
    {
        using var noGrad = no_grad();
        var plain = source.state_dict();
        foreach (var (name, tensor) in target.state_dict())
        {
            if (plain.TryGetValue(name.Replace(".conv2.conv.", ".conv2."), out var value))
            {
                tensor.copy_(value);
            }
        }
    }
}
