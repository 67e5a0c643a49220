using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// The file by which an interrupted training goes on: named tensors, counters and curves, and a fingerprint of the run. It
/// must be exactly what the run would have written; a run that went on from anything else would silently be another one.
/// </summary>
internal sealed class RunCheckpoint : IDisposable
{
    private const string FingerprintKey = "fingerprint";

    private static readonly JsonSerializerOptions s_named = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly SafetensorsStream _file;
    private readonly HashSet<string> _unclaimed;

    private RunCheckpoint(SafetensorsStream file) => (_file, _unclaimed) = (file, [.. file.Names]);

    /// <summary>Writes a file with its checksum; readers see the old file or the whole new one.</summary>
    /// <param name="path">Path of the file; an existing one is replaced.</param>
    /// <param name="fingerprint">What tells this run from others.</param>
    /// <param name="tensors">The weights and the optimiser's state.</param>
    /// <param name="counters">Whole numbers.</param>
    /// <param name="curves">A number for every step or epoch so far; may be NaN.</param>
    public static void Write(string path, string fingerprint, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, int> counters, IReadOnlyDictionary<string, List<double>> curves)
    {
        Dictionary<string, string> metadata = new() { [FingerprintKey] = fingerprint };
        foreach (var (name, value) in counters)
        {
            metadata[name] = value.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var (name, values) in curves)
        {
            metadata[name] = JsonSerializer.Serialize(values, s_named);
        }

        SafetensorsWriter.Write(path, tensors, metadata, checksum: true);
    }

    /// <summary>Opens the checkpoint of a run.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="fingerprint">The run that wants to go on.</param>
    /// <param name="run">What a run is and depends on, for the message.</param>
    /// <exception cref="CheckpointFormatException">The file is damaged, or has no checksum by which that could be told.</exception>
    /// <exception cref="InvalidOperationException">The file belongs to another run.</exception>
    public static RunCheckpoint Open(string path, string fingerprint, string run)
    {
        var file = SafetensorsStream.Open(path);
        try
        {
            if (!file.HasChecksum)
            {
                throw new CheckpointFormatException(path, "it is a checkpoint without a checksum, as version 0.1.0 wrote, so nothing tells whether it is whole. Delete it to start over, or end the run with the version that began it.");
            }

            return file.Metadata.GetValueOrDefault(FingerprintKey) == fingerprint
                ? new(file)
                : throw new InvalidOperationException($"The checkpoint {path} belongs to {run}. Delete it or choose another CheckpointPath.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a counter.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="most">The highest value that the run can have.</param>
    /// <exception cref="CheckpointFormatException">It is missing or out of its range.</exception>
    public int Counter(string name, int most)
    {
        var text = Entry(name);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most
            ? value
            : throw Wrong($"'{name}' is {text}; expected a whole number from 0 to {most}.");
    }

    /// <summary>Reads a curve.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="least">The least number of values.</param>
    /// <param name="most">The highest number of values.</param>
    /// <exception cref="CheckpointFormatException">It is missing, or has another number of values.</exception>
    public List<double> Curve(string name, int least, int most)
    {
        var text = Entry(name);
        try
        {
            var values = JsonSerializer.Deserialize<List<double>>(text, s_named) ?? [];
            return values.Count >= least && values.Count <= most
                ? values
                : throw Wrong($"'{name}' has {values.Count} values; expected {(least == most ? $"{least}" : $"{least} to {most}")}.");
        }
        catch (JsonException e)
        {
            throw Wrong($"'{name}' is not a list of numbers: {e.Message}", e);
        }
    }

    /// <summary>Whether there are tensors under a prefix.</summary>
    public bool Has(string prefix) => _file.Names.Any(n => n.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The tensors under a prefix: exactly those of a state, in its shapes and types.</summary>
    /// <param name="prefix">What stands before the names of the state.</param>
    /// <param name="state">The state that they are to replace.</param>
    /// <returns>Tensors on the CPU, owned by the caller.</returns>
    /// <exception cref="CheckpointFormatException">One is missing, or of another shape or type.</exception>
    public Dictionary<string, Tensor> Tensors(string prefix, IEnumerable<KeyValuePair<string, Tensor>> state)
    {
        Dictionary<string, Tensor> tensors = [];
        foreach (var (name, like) in state)
        {
            var stored = prefix + name;
            if (!_unclaimed.Remove(stored))
            {
                throw Wrong($"the tensor '{stored}' is missing.");
            }

            var (found, expected) = (_file.Info(stored), new TensorInfo(like.dtype, like.shape));
            if (found.DType != expected.DType || !found.Shape.SequenceEqual(expected.Shape))
            {
                throw Wrong($"the tensor '{stored}' is {found}; expected {expected}.");
            }

            tensors[name] = _file.Read(stored);
        }

        return tensors;
    }

    /// <summary>Throws when the file has tensors that nobody asked for.</summary>
    /// <exception cref="CheckpointFormatException">The message names them.</exception>
    public void CheckNothingIsLeft()
    {
        if (_unclaimed.Count > 0)
        {
            throw Wrong($"it has {_unclaimed.Count} tensors that the run does not know: {string.Join(", ", _unclaimed.Order(StringComparer.Ordinal).Take(5))}.");
        }
    }

    /// <summary>An exception that names the file.</summary>
    public CheckpointFormatException Wrong(string problem, Exception? inner = null) => new(_file.Source, problem, inner);

    public void Dispose() => _file.Dispose();

    private string Entry(string name) => _file.Metadata.GetValueOrDefault(name) ?? throw Wrong($"the entry '{name}' is missing.");
}
