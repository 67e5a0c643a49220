using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>An image tower of CLIP. Every tower gives pooled and dense features, has places beside its layers where a branch may learn, and a fast frozen form.</summary>
public abstract class ImageTower : nn.Module<Tensor, Tensor>
{
    private protected ImageTower(string name, ClipVisionConfig config, int embedDim)
        : base(name) => (Config, EmbedDim) = (config, embedDim);

    /// <summary>Gets the sizes of the tower.</summary>
    public ClipVisionConfig Config { get; }

    /// <summary>Gets the width E of the embedding.</summary>
    public int EmbedDim { get; }

    /// <summary>Gets the device of the weights.</summary>
    internal Device Device => FirstWeight.device;

    /// <summary>Gets the element type of the weights.</summary>
    internal ScalarType DType => FirstWeight.dtype;

    /// <summary>Gets the pixels of a batch that go through the tower at a time on a CPU: as few as leave it as fast.</summary>
    private protected abstract long PixelsAtATime { get; }

    /// <summary>Gets the weight that meets the pixels.</summary>
    private protected abstract Tensor FirstWeight { get; }

    /// <summary>Creates a tower with random weights.</summary>
    /// <param name="config">Sizes: a ResNet where <see cref="ClipVisionConfig.ResNetLayers"/> is set, else a vision transformer.</param>
    /// <param name="embedDim">Width E of the embedding.</param>
    /// <param name="quickGelu">Whether a transformer uses x·σ(1.702x).</param>
    /// <param name="dense">How a transformer makes its dense features.</param>
    /// <param name="branches">Makes the branch of a place, or gives null for none; by default there are none.</param>
    /// <exception cref="ArgumentException">A ResNet is asked for dense features that only a transformer has.</exception>
    internal static ImageTower Create(ClipVisionConfig config, int embedDim, bool quickGelu, DensePath dense = DensePath.Residual, Func<BranchPlace, TowerBranch?>? branches = null)
    {
        Check(config, dense);
        return config.ResNetLayers is null ? new VisionTransformer(config, embedDim, quickGelu, dense, branches) : new ModifiedResNet(config, embedDim, branches);
    }

    /// <summary>Throws where a tower of these sizes cannot be asked for such features.</summary>
    /// <exception cref="ArgumentException">A ResNet is asked for dense features that only a transformer has.</exception>
    internal static void Check(ClipVisionConfig config, DensePath dense)
    {
        if (config.ResNetLayers is not null && dense != DensePath.Residual)
        {
            throw new ArgumentException($"{nameof(DensePath)} is {dense}, which only a vision transformer has; this CLIP has a ResNet.");
        }
    }

    /// <summary>The most images that should go through the tower at a time: on a GPU any number; on a CPU more take more memory and no less time.</summary>
    /// <param name="side">Side of an image as the tower reads it.</param>
    internal long ImagesAtATime(long side) => Device.type == DeviceType.CPU ? Math.Max(1, PixelsAtATime / (side * side)) : long.MaxValue;

    /// <inheritdoc cref="Encode"/>
    public override Tensor forward(Tensor images) => Encode(images);

    /// <summary>Pooled image features.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <returns>[B, E], not normalised.</returns>
    public abstract Tensor Encode(Tensor images);

    /// <summary>Features of every position, in the space of the text features. Token 0 stands for the whole image.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <returns>[B, 1 + positions, E], not normalised.</returns>
    public abstract Tensor EncodeDense(Tensor images);

    /// <summary>The same network made fast, its weights as they are now and without gradients; its branches stay these ones and learn.</summary>
    /// <param name="dtype">Element type to compute in.</param>
    internal IFrozenTower Freeze(ScalarType dtype)
    {
        // Weights in the tower's type come on top of these: what loading and converting these has left goes back first.
        KeptMemory.GiveBack();
        return Frozen(dtype);
    }

    /// <summary>Makes what <see cref="Freeze"/> returns.</summary>
    private protected abstract IFrozenTower Frozen(ScalarType dtype);

    /// <summary>Takes over the weights of a tower of the same sizes without branches; own branches keep theirs.</summary>
    internal void CopyWeights(ImageTower plain)
    {
        using var noGrad = no_grad();
        var source = plain.state_dict();
        foreach (var (name, tensor) in state_dict())
        {
            if (source.TryGetValue(BranchedConvolution.PlainName(name), out var value))
            {
                tensor.copy_(value);
            }
        }
    }
}
