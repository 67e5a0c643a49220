using TorchSharp;
using ZsMlc.MicroModels.World;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>Turns pictures to tensors.</summary>
internal static class WorldBatches
{
    private const int Side = SceneRenderer.PictureSide;
    private const int Bytes = Side * Side * 3;

    /// <summary>Draws scenes to a batch: float32 [B, 3, 32, 32] in [0, 1].</summary>
    public static Tensor Draw(IReadOnlyList<Scene> scenes)
    {
        var bytes = new byte[scenes.Count * Bytes];
        Parallel.For(0, scenes.Count, new() { MaxDegreeOfParallelism = get_num_threads() }, i => SceneRenderer.Render(scenes[i], bytes.AsSpan(i * Bytes, Bytes)));

        using var scope = NewDisposeScope();
        return FromBytes(bytes).to(ScalarType.Float32).div(255).MoveToOuterDisposeScope();
    }

    /// <summary>Bytes [B, 3, 32, 32] from pictures one after the other, each height × width × 3.</summary>
    public static Tensor FromBytes(byte[] pictures)
    {
        using var scope = NewDisposeScope();
        return tensor(pictures, [pictures.Length / Bytes, Side, Side, 3], dtype: ScalarType.Byte)
            .permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }
}
