using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// The classifier: CLIP's frozen image tower with fusion branches, CLIP's frozen text tower behind learnt contexts, and region
/// aggregation between the two.
/// </summary>
public sealed partial class FusionClassifier : nn.Module<Tensor, Tensor>
{
    internal readonly PromptLearner? prompt_learner;
    internal readonly ImageTower image_encoder;
    internal readonly TextTransformer? text_encoder;
    private readonly KeptValue<Tensor> _texts = new();
    private readonly KeptValue<IFrozenTower> _frozen = new();

    internal FusionClassifier(FusionClassifierOptions options, IReadOnlyList<string> labels, ImageTower images, TextTransformer? text, PromptLearner? prompts)
        : base(nameof(FusionClassifier))
    {
        (Options, Labels, image_encoder, text_encoder, prompt_learner) = (options, labels, images, text, prompts);
        Lifetime = new(nameof(FusionClassifier), Free);
        RegisterComponents();

        // TorchSharp moves a module only from where it believes it to be, and that is the CPU otherwise.
        (_deviceType, _deviceIndex) = (Device.type, Device.index);
    }

    /// <summary>Gets the shape of the classifier.</summary>
    public FusionClassifierOptions Options { get; }

    /// <summary>Gets the labels, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Gets the sizes of the image tower.</summary>
    public ClipVisionConfig Vision => image_encoder.Config;

    /// <summary>Gets the side of the square images that the network takes, in pixels.</summary>
    public int InputSize => Options.InputSize ?? Vision.ImageSize;

    /// <summary>Gets the preprocessing that the network expects.</summary>
    public ClipPreprocessor Preprocessor => new(InputSize, Vision.Pixels);

    /// <summary>Gets the guard of every call: disposal waits for those that run.</summary>
    internal SharedLifetime Lifetime { get; }

    /// <summary>Gets the device of the weights.</summary>
    public Device Device => image_encoder.Device;

    /// <summary>Creates an untrained classifier on a CLIP model, whose towers are copied (image) and shared (text).</summary>
    /// <param name="clip">CLIP with a ResNet or a vision transformer; it must outlive the classifier.</param>
    /// <param name="labels">The labels, in the order of the scores.</param>
    /// <param name="options">The shape, or <see langword="null"/> for the defaults.</param>
    /// <param name="generator">Source of the contexts' and branches' first values, on the CPU; by default torch's own, which <c>torch.random.manual_seed</c> seeds.</param>
    /// <exception cref="ArgumentException">There are no labels; a label has too many tokens; or an option does not fit the model's image tower.</exception>
    public static FusionClassifier Create(ClipModel clip, IReadOnlyList<string> labels, FusionClassifierOptions? options = null, Generator? generator = null)
    {
        options ??= new();
        Check(clip.Config, clip.Tokenizer, labels, options);
        using var drawn = generator is null ? null : Layers.DrawnFrom(generator);
        var source = clip.Visual;
        var images = Tower(clip.Config.Vision, clip.Config.EmbedDim, clip.Config.QuickGelu, options);
        images.to(source.DType);
        images.to(source.Device);
        images.CopyWeights(source);
        var prompts = new PromptLearner(clip.Text, clip.Tokenizer, labels, options.ContextTokens, options.LabelSpecificContext);
        prompts.to(source.DType);
        prompts.to(source.Device);
        var classifier = new FusionClassifier(options, labels, images, clip.Text, prompts) { _tokenizer = clip.Tokenizer, QuickGelu = clip.Config.QuickGelu };
        classifier.Freeze();
        return classifier.KeepAlive();
    }

    /// <summary>Throws where no classifier can be made of a CLIP model of these sizes; needs no weights.</summary>
    /// <exception cref="ArgumentException">There are no labels; a label has too many tokens; or an option does not fit the model's image tower.</exception>
    internal static void Check(ClipConfig clip, ClipTokenizer tokenizer, IReadOnlyList<string> labels, FusionClassifierOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextTokens, 1, nameof(options.ContextTokens));
        if (labels.Count == 0)
        {
            throw new ArgumentException("There are no labels.", nameof(labels));
        }

        ImageTower.Check(clip.Vision, options.DensePath);
        clip.Vision.CheckInput(options.InputSize);
        PromptLearner.Tokens(tokenizer, labels, options.ContextTokens, clip.Text.ContextLength);
    }

    /// <summary>An image tower with branches as the options ask, with random weights.</summary>
    internal static ImageTower Tower(ClipVisionConfig config, int embedDim, bool quickGelu, FusionClassifierOptions options) =>
        ImageTower.Create(config, embedDim, quickGelu, options.DensePath, place => options.Carries(place)
            ? new GlobalBranch(place.Channels, options.Norm, options.FusionProjection)
            : null);

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

        using var use = Lifetime.Enter();
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
        using var use = Lifetime.Enter();
        using var frozen = Frozen();
        using var scope = NewDisposeScope();
        return RegionAggregation.PairLogits(frozen.Value.EncodeDense(images).to(texts.dtype), texts).MoveToOuterDisposeScope();
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

    /// <summary>Gets or sets the element type that images are computed in; null for that of the weights. BFloat16 is about twice as fast on machines that have it, at a small loss of accuracy; on x64 processors that are slower in it (mostly those without AMX and without AVX-512's BF16 part), Float32 is computed in instead.</summary>
    public ScalarType? ComputeType { get; set; }

    /// <summary>The type of the weights; half-precision storage computes in single precision.</summary>
    private ScalarType Stored => image_encoder.DType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>The image tower made fast, on first use.</summary>
    private KeptValue<IFrozenTower>.Loan Frozen()
    {
        var type = HalfPrecision.Computed(ComputeType ?? Stored, image_encoder.Device);
        return _frozen.Use(() => Freeze(type), f => f.DType == type);
    }

    /// <summary>Frees the image tower made fast, with what it keeps for gradients; the next use makes it again.</summary>
    internal void ForgetFastTower() => _frozen.Forget();

    private IFrozenTower Freeze(ScalarType type)
    {
        // The first use may be in inference mode, a later one in training, which cannot take tensors made there.
        using var ordinary = inference_mode(false);
        return image_encoder.Freeze(type);
    }
}
