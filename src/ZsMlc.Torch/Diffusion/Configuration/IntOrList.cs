namespace ZsMlc.Torch.Diffusion.Configuration;

/// <summary>A number for all levels of a network, or one for each.</summary>
/// <param name="Values">One value, or one a level.</param>
public sealed record IntOrList(IReadOnlyList<int> Values)
{
    /// <summary>Gets the value of a level.</summary>
    public int this[int level] => Values.Count == 1 ? Values[0] : Values[level];

    /// <summary>One number for all levels.</summary>
    public static implicit operator IntOrList(int value) => new([value]);
}
