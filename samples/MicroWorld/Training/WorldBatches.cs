using TorchSharp;
using ZsMlc.MicroModels.World;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>Turns pictures to tensors.</summary>
internal static class WorldBatches
{
    private const int Side = SceneRenderer.PictureSide;

    /// <summary>Draws scenes to a batch: float32 [B, 3, 32, 32] in [0, 1].</summary>
    public static Tensor Draw(IReadOnlyList<Scene> scenes)
    {
        var bytes = new byte[scenes.Count * Side * Side * 3];
        for (var i = 0; i < scenes.Count; i++)
        {
            SceneRenderer.Render(scenes[i], bytes.AsSpan(i * Side * Side * 3, Side * Side * 3));
        }

        using var scope = NewDisposeScope();
        var pixels = tensor(bytes, [scenes.Count, Side, Side, 3], dtype: ScalarType.Byte);
        return pixels.permute(0, 3, 1, 2).contiguous().to(ScalarType.Float32).div(255).MoveToOuterDisposeScope();
    }

    /// <summary>The reverse of <see cref="Draw"/> for one picture: height × width × 3 bytes from [3, H, W] in [0, 1].</summary>
    public static byte[] ToBytes(Tensor picture)
    {
        using var scope = NewDisposeScope();
        return picture.mul(255).add(0.5).clamp(0, 255).to(ScalarType.Byte).permute(1, 2, 0).contiguous().cpu().bytes.ToArray();
    }
}
