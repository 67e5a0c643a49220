namespace ZsMlc.Torch.Checkpoints;

/// <summary>The tensors of a checkpoint are not those of the network. Every difference is listed.</summary>
public sealed class CheckpointMismatchException : CheckpointFormatException
{
    internal CheckpointMismatchException(string source, string network, IReadOnlyList<string> missing, IReadOnlyList<string> surplus, IReadOnlyList<string> misshapen)
        : base(source, $"its tensors do not fit the network {network}. {Part("Missing", missing)}{Part("Surplus", surplus)}{Part("Other shape", misshapen)}".TrimEnd()) =>
        (Missing, Surplus, Misshapen) = (missing, surplus, misshapen);

    /// <summary>Gets the names of tensors that the network needs and the checkpoint lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Gets the names of tensors that the checkpoint has and the network does not know.</summary>
    public IReadOnlyList<string> Surplus { get; }

    /// <summary>Gets tensors of another shape, each as <c>name: found, expected</c>.</summary>
    public IReadOnlyList<string> Misshapen { get; }

    private static string Part(string title, IReadOnlyList<string> names) =>
        names.Count == 0 ? "" : $"{title} ({names.Count}): {string.Join("; ", names)}. ";
}
