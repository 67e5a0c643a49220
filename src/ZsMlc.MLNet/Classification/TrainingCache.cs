using Microsoft.Win32.SafeHandles;
using TorchSharp;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Classification;

/// <summary>
/// Training images, decoded once to the network's resolution and kept in a temporary file, which the operating system
/// holds in memory as far as there is any; targets are kept in memory, a byte a label.
/// </summary>
internal sealed class TrainingCache : ITrainingRows, IDisposable
{
    private const byte Unknown = 2;

    private readonly SafeFileHandle _file;
    private readonly int _size, _labels;
    private readonly List<byte[]> _targets = [];
    private readonly List<bool> _synthetic = [];

    /// <summary>Creates an empty cache.</summary>
    /// <param name="folder">Folder of the temporary file.</param>
    /// <param name="size">Side of the images in pixels.</param>
    /// <param name="labels">Number of labels.</param>
    public TrainingCache(string folder, int size, int labels)
    {
        Directory.CreateDirectory(folder);
        (_size, _labels) = (size, labels);
        _file = File.OpenHandle(Path.Combine(folder, $"zsmlc-images-{Guid.NewGuid():n}.tmp"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
    }

    /// <inheritdoc/>
    public int Count => _targets.Count;

    private int ImageBytes => (int)BytesOf(_size);

    /// <summary>Bytes of an image.</summary>
    /// <param name="size">Side of the images in pixels.</param>
    public static long BytesOf(int size) => 3L * size * size;

    /// <summary>Adds a row.</summary>
    /// <param name="image">Byte [3, S, S] on the CPU.</param>
    /// <param name="targets">1, 0 or NaN for every label.</param>
    /// <param name="synthetic">Whether the image is synthetic.</param>
    public void Add(Tensor image, ReadOnlySpan<float> targets, bool synthetic)
    {
        RandomAccess.Write(_file, image.bytes, (long)Count * ImageBytes);
        var stored = new byte[_labels];
        for (var i = 0; i < _labels; i++)
        {
            stored[i] = float.IsNaN(targets[i]) ? Unknown : (byte)targets[i];
        }

        _targets.Add(stored);
        _synthetic.Add(synthetic);
    }

    /// <inheritdoc/>
    public Tensor Images(IReadOnlyList<int> rows)
    {
        var images = empty([rows.Count, 3, _size, _size], ScalarType.Byte);
        for (var i = 0; i < rows.Count; i++)
        {
            var left = images.bytes.Slice(i * ImageBytes, ImageBytes);
            var offset = (long)rows[i] * ImageBytes;
            while (left.Length > 0)
            {
                var read = RandomAccess.Read(_file, left, offset);
                if (read == 0)
                {
                    throw new IOException("The temporary file of training images was cut short.");
                }

                left = left[read..];
                offset += read;
            }
        }

        return images;
    }

    /// <inheritdoc/>
    public Tensor Targets(IReadOnlyList<int> rows)
    {
        var values = new float[rows.Count, _labels];
        for (var i = 0; i < rows.Count; i++)
        {
            for (var c = 0; c < _labels; c++)
            {
                values[i, c] = Target(rows[i], c);
            }
        }

        return tensor(values);
    }

    /// <inheritdoc/>
    public bool IsSynthetic(int row) => _synthetic[row];

    /// <summary>The target of a row and label: 1, 0 or NaN.</summary>
    public float Target(int row, int label) => _targets[row][label] == Unknown ? float.NaN : _targets[row][label];

    /// <summary>Deletes the file.</summary>
    public void Dispose() => _file.Dispose();
}

/// <summary>Some rows of others.</summary>
internal sealed class TrainingSubset(ITrainingRows source, IReadOnlyList<int> chosen) : ITrainingRows
{
    /// <inheritdoc/>
    public int Count => chosen.Count;

    /// <inheritdoc/>
    public Tensor Images(IReadOnlyList<int> rows) => source.Images([.. rows.Select(r => chosen[r])]);

    /// <inheritdoc/>
    public Tensor Targets(IReadOnlyList<int> rows) => source.Targets([.. rows.Select(r => chosen[r])]);

    /// <inheritdoc/>
    public bool IsSynthetic(int row) => source.IsSynthetic(chosen[row]);
}
