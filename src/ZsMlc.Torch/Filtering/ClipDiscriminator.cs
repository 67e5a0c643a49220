using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Filtering;

/// <summary>
/// CLIP as the judge of images: scores of every candidate label, and the grouping softmax over them. The text features
/// are computed once, and without gradients the image tower is used as it is at the first call, in the fast form that the
/// classifier has too. Calls may come from several threads.
/// </summary>
public sealed class ClipDiscriminator : IDisposable
{
    private readonly ClipModel _clip;
    private readonly Tensor _texts;
    private readonly KeptValue<IFrozenTower> _tower = new();
    private readonly SharedLifetime _lifetime;

    /// <summary>Creates a judge.</summary>
    /// <param name="clip">CLIP; it must outlive the judge.</param>
    /// <param name="labels">The candidate labels, in the order of the scores.</param>
    /// <param name="template">Text that a label is put into at <c>{0}</c>; by default the bare name.</param>
    /// <exception cref="ArgumentException">There are no labels, or the template lacks <c>{0}</c>.</exception>
    public ClipDiscriminator(ClipModel clip, IReadOnlyList<string> labels, string template = "{0}")
    {
        if (labels.Count == 0)
        {
            throw new ArgumentException("There are no candidate labels.", nameof(labels));
        }

        if (!template.Contains("{0}", StringComparison.Ordinal))
        {
            throw new ArgumentException($"The template '{template}' has no {{0}} for the label.", nameof(template));
        }

        (_clip, Labels) = (clip, labels);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var features = clip.EncodeText(labels.Select(l => template.Replace("{0}", l, StringComparison.Ordinal)).ToList());
        var scaled = clip.LogitScale.exp() * nn.functional.normalize(features, dim: -1);

        // Scores reach 30, where bfloat16 knows steps of an eighth only: behind the towers nothing is in half precision.
        _texts = scaled.t().to(scaled.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).contiguous().DetachFromDisposeScope();
        _lifetime = new(nameof(ClipDiscriminator), Free);
    }

    /// <summary>Gets the candidate labels, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>s_c = τ·cos(image, label c).</summary>
    /// <param name="images">RGB pixels of any size [B, 3, H, W]: Byte, or floating point from 0 to 1 (then gradients flow).</param>
    /// <returns>[B, L] on the model's device, Float32 unless the model is Float64.</returns>
    /// <exception cref="DeviceMemoryException">The memory does not suffice for the batch, nor for half of it.</exception>
    public Tensor Scores(Tensor images)
    {
        using var use = _lifetime.Enter();

        // With gradients a half would not save what the graph keeps.
        return is_grad_enabled()
            ? ScoresOf(images)
            : RowParts.Run(images, _clip.Visual.ImagesAtATime(_clip.Config.Vision.ImageSize), part => DeviceMemory.InHalves(part, ScoresOf, "images", "Choose smaller batches, or bfloat16 where the device has it."));
    }

    private Tensor ScoresOf(Tensor images)
    {
        using var scope = NewDisposeScope();
        var pixels = _clip.Preprocessor.Preprocess(HostBatch.To(images, _texts.device));
        var features = nn.functional.normalize(Encode(pixels).to(_texts.dtype), dim: -1);
        return features.matmul(_texts).MoveToOuterDisposeScope();
    }

    private Tensor Encode(Tensor pixels)
    {
        if (is_grad_enabled() || _clip.Visual.training)
        {
            return _clip.EncodeImage(pixels.to(_clip.ImageType));
        }

        var type = HalfPrecision.Computed(_clip.ImageType, _texts.device);
        using var tower = _tower.Use(() => _clip.Visual.Freeze(type), t => t.DType == type);
        return _clip.EncodeImage(pixels, tower.Value);
    }

    private void Free()
    {
        _texts.Dispose();
        _tower.Dispose();
    }

    /// <summary>The values V of the grouping softmax.</summary>
    /// <param name="images">As for <see cref="Scores"/>.</param>
    /// <param name="targets">Boolean [B, L], true for the labels an image should show; at least one a row.</param>
    /// <returns>[B, L], each from 0 to 1.</returns>
    public Tensor Judge(Tensor images, Tensor targets)
    {
        using var use = _lifetime.Enter();
        using var scope = NewDisposeScope();
        return GroupingSoftmax.Compute(Scores(images), targets.to(_texts.device)).MoveToOuterDisposeScope();
    }

    /// <summary>Target rows for label indices.</summary>
    /// <param name="targets">For every image the indices of its labels.</param>
    /// <returns>Boolean [B, L] on the CPU.</returns>
    public Tensor Targets(IReadOnlyList<IReadOnlyCollection<int>> targets)
    {
        var mask = new bool[targets.Count, Labels.Count];
        for (var i = 0; i < targets.Count; i++)
        {
            foreach (var label in targets[i])
            {
                mask[i, label] = true;
            }
        }

        return tensor(mask, device: CPU);
    }

    /// <summary>Frees the text features, not the model, once the calls that run have ended.</summary>
    public void Dispose() => _lifetime.Dispose();
}
