using Microsoft.ML.Runtime;
using TorchSharp;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Filtering;

/// <summary>The CLIP model of a filter, opened when the first row is judged: from its path, or from the bytes that a model file held.</summary>
internal sealed class FilterJudge : IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly ClipFilterSettings _settings;
    private readonly Lock _lock = new();
    private readonly byte[]? _stored;
    private ClipModel? _clip;
    private ClipDiscriminator? _discriminator;

    /// <summary>Creates a judge that is not open yet.</summary>
    /// <param name="environment">Tells the device.</param>
    /// <param name="settings">Path, fingerprint, candidates and template.</param>
    /// <param name="stored">The model as <see cref="Save"/> wrote it, or <see langword="null"/> to open the path.</param>
    public FilterJudge(IHostEnvironment environment, ClipFilterSettings settings, byte[]? stored = null) =>
        (_environment, _settings, _stored, Lifetime) = (environment, settings, stored, SharedModel.Lifetime(nameof(ClipFilterTransformer), Free));

    /// <summary>Gets the guard of every call: disposal waits for those that run.</summary>
    public SharedLifetime Lifetime { get; }

    /// <summary>Gets the side of the square pictures that are judged, in pixels.</summary>
    /// <exception cref="FileNotFoundException">There is no CLIP model at the path.</exception>
    /// <exception cref="InvalidOperationException">The model at the path is another one than the filter was fitted with.</exception>
    public int Size
    {
        get
        {
            using var use = Lifetime.Enter();
            return Open().Config.Vision.ImageSize;
        }
    }

    /// <summary>Cuts a picture as CLIP sees it.</summary>
    /// <param name="pixels">RGB, Byte [3, H, W].</param>
    /// <returns>RGB, Byte [1, 3, Size, Size].</returns>
    public Tensor Cut(Tensor pixels)
    {
        using var use = Lifetime.Enter();
        return Open().Preprocessor.Resize(pixels);
    }

    /// <summary>V of every candidate.</summary>
    /// <param name="images">RGB, Byte [B, 3, Size, Size].</param>
    /// <param name="targets">For every image the candidates that it was made for, one or more.</param>
    /// <returns>B rows of one value a candidate.</returns>
    public float[] Values(Tensor images, IReadOnlyList<IReadOnlyCollection<int>> targets)
    {
        using var use = Lifetime.Enter();
        Open();
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        return _discriminator!.Judge(images, _discriminator.Targets(targets)).cpu().contiguous().data<float>().ToArray();
    }

    /// <summary>Writes the CLIP model in half precision.</summary>
    public void Save(Stream stream)
    {
        using var use = Lifetime.Enter();
        if (_stored is not null)
        {
            stream.Write(_stored);
        }
        else
        {
            Open().Save(stream);
        }
    }

    /// <summary>Frees the model, once the calls that run have ended.</summary>
    public void Dispose() => Lifetime.Dispose();

    private void Free()
    {
        _discriminator?.Dispose();
        _clip?.Dispose();
    }

    private ClipModel Open()
    {
        lock (_lock)
        {
            if (_clip is not null)
            {
                return _clip;
            }

            var device = _environment.Device(nameof(ClipFilterTransformer));
            var clip = _stored is null ? FromPath(device) : ClipModel.Load(new MemoryStream(_stored), device);
            try
            {
                // The texts are encoded once, in single precision; only images are computed in the chosen one.
                _discriminator = new(clip, _settings.Candidates, _settings.Template);
                clip.ImageType = HalfPrecision.Computed(_settings.Precision ?? clip.ImageType, device);
            }
            catch
            {
                clip.Dispose();
                throw;
            }

            return _clip = clip;
        }
    }

    private ClipModel FromPath(Device device)
    {
        ModelOption.Check($"{nameof(ClipFilterOptions)}.{nameof(ClipFilterOptions.Clip)}", () => ClipModel.Look(_settings.Clip));
        var fingerprint = CheckpointFingerprint.Compute(_settings.Clip);
        return fingerprint == _settings.Fingerprint
            ? ClipModel.FromPretrained(_settings.Clip, device)
            : throw new InvalidOperationException($"The CLIP model at {_settings.Clip} is not the one that the filter was fitted with: its fingerprint is {fingerprint[..12]}…, expected {_settings.Fingerprint[..12]}…. Put the former model there, or fit the filter again.");
    }
}
