using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>Images and targets that a classifier learns from, read in any order.</summary>
public interface ITrainingRows
{
    /// <summary>Gets the number of rows.</summary>
    int Count { get; }

    /// <summary>Images of rows: Byte [B, 3, S, S] RGB on the CPU, S the classifier's image size. The caller disposes them.</summary>
    Tensor Images(IReadOnlyList<int> rows);

    /// <summary>Targets of rows: Float32 [B, C] on the CPU, 1 present, 0 absent, NaN unknown. The caller disposes them.</summary>
    Tensor Targets(IReadOnlyList<int> rows);

    /// <summary>Whether a row's image is synthetic.</summary>
    bool IsSynthetic(int row);
}

/// <summary>Rows that are held in memory: 3·S² bytes an image.</summary>
public sealed class InMemoryTrainingRows : ITrainingRows, IDisposable
{
    private readonly Tensor _images, _targets;
    private readonly IReadOnlyList<bool> _synthetic;

    /// <summary>Creates the rows; the tensors are then owned by them.</summary>
    /// <param name="images">Byte [N, 3, S, S].</param>
    /// <param name="targets">Float32 [N, C]: 1 present, 0 absent, NaN unknown.</param>
    /// <param name="synthetic">Whether each row is synthetic.</param>
    /// <exception cref="ArgumentException">The lengths or types do not fit.</exception>
    public InMemoryTrainingRows(Tensor images, Tensor targets, IReadOnlyList<bool> synthetic)
    {
        if (images.dtype != ScalarType.Byte || images.dim() != 4 || images.shape[1] != 3)
        {
            throw new ArgumentException($"Images are {images.dtype} [{string.Join(", ", images.shape)}]; expected Byte [N, 3, S, S].", nameof(images));
        }

        if (targets.dtype != ScalarType.Float32 || targets.dim() != 2 || targets.shape[0] != images.shape[0] || synthetic.Count != images.shape[0])
        {
            throw new ArgumentException($"Targets are {targets.dtype} [{string.Join(", ", targets.shape)}] with {synthetic.Count} flags; expected Float32 [{images.shape[0]}, C] and as many flags.", nameof(targets));
        }

        (_images, _targets, _synthetic) = (images.DetachFromDisposeScope(), targets.DetachFromDisposeScope(), synthetic);
    }

    /// <inheritdoc/>
    public int Count => (int)_images.shape[0];

    /// <inheritdoc/>
    public Tensor Images(IReadOnlyList<int> rows) => Select(_images, rows);

    /// <inheritdoc/>
    public Tensor Targets(IReadOnlyList<int> rows) => Select(_targets, rows);

    /// <inheritdoc/>
    public bool IsSynthetic(int row) => _synthetic[row];

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _images.Dispose();
        _targets.Dispose();
    }

    private static Tensor Select(Tensor tensor, IReadOnlyList<int> rows)
    {
        using var index = TorchSharp.torch.tensor(rows.Select(r => (long)r).ToArray());
        return tensor.index_select(0, index);
    }
}
