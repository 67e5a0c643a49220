using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>What stands beside a layer of an image tower: its output is added to the layer's. It learns while the tower is frozen.</summary>
internal abstract class TowerBranch(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>What is added to the layer's output, [B, N, C].</summary>
    /// <param name="tokens">The layer's input at N positions, [B, N, C].</param>
    public override Tensor forward(Tensor tokens) => Scaled(tokens, null);

    /// <summary>The branch times a factor a channel, as a folded norm behind the layer asks for.</summary>
    /// <param name="tokens">[B, N, C].</param>
    /// <param name="factors">Factors [C], or null.</param>
    public abstract Tensor Scaled(Tensor tokens, Tensor? factors);
}

/// <summary>A place of an image tower where a branch may stand.</summary>
/// <param name="Index">Number of the place, from 0 at the pixels.</param>
/// <param name="Count">How many places the tower has.</param>
/// <param name="Channels">Channels C of the layer's input and output.</param>
/// <param name="IsDefault">Whether the place carries a branch unless the user says otherwise.</param>
internal readonly record struct BranchPlace(int Index, int Count, int Channels, bool IsDefault);
