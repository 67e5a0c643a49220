using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>What a denoiser is conditioned on, a row an image.</summary>
/// <param name="States">States of the text [N, L, CrossAttentionDim], which the transformers attend to.</param>
/// <param name="Pooled">The text as one vector [N, P], for networks with an added embedding (SDXL); otherwise null.</param>
/// <param name="Sizes">
/// Pixel sizes [N, 6] for the same networks: original height and width, top and left of the crop, target height and width.
/// In single precision whatever the network's type: half precision has no whole numbers between 2,048 and 4,096 that are odd.
/// </param>
public sealed record UnetConditioning(Tensor States, Tensor? Pooled = null, Tensor? Sizes = null)
{
    /// <summary>Gets the number of rows.</summary>
    public long Count => States.shape[0];

    /// <summary>Puts the rows of several conditionings under each other, as for guidance: the negative ones first.</summary>
    /// <param name="parts">Conditionings of one kind.</param>
    /// <returns>Tensors in the present dispose scope.</returns>
    public static UnetConditioning Join(params IReadOnlyList<UnetConditioning> parts) => new(
        cat([.. parts.Select(p => p.States)], 0),
        parts[0].Pooled is null ? null : cat([.. parts.Select(p => p.Pooled!)], 0),
        parts[0].Sizes is null ? null : cat([.. parts.Select(p => p.Sizes!)], 0));

    /// <summary>Some of the rows.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    public UnetConditioning Rows(long start, long count) => Map(t => t.narrow(0, start, count));

    /// <summary>One row, as often as asked.</summary>
    internal UnetConditioning Repeat(long count) => Map(t => t.expand([count, .. t.shape[1..]]));

    /// <summary>The text in another element type; the sizes stay as they are.</summary>
    internal UnetConditioning To(ScalarType type) => this with { States = States.to(type), Pooled = Pooled?.to(type) };

    internal UnetConditioning MoveToOuterDisposeScope() => Map(t => t.MoveToOuterDisposeScope());

    private UnetConditioning Map(Func<Tensor, Tensor> change) =>
        new(change(States), Pooled is null ? null : change(Pooled), Sizes is null ? null : change(Sizes));
}
