using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Files;

/// <summary>Loads the networks of a diffusers folder one after another, in evaluation mode and without gradients for their weights.</summary>
/// <param name="folder">The model's folder.</param>
/// <param name="device">Where the networks go.</param>
/// <param name="dtype">Element type of their weights.</param>
internal sealed class PartLoader(string folder, Device device, ScalarType dtype)
{
    private readonly List<nn.Module> _loaded = [];

    /// <summary>Path of a file of a part.</summary>
    public string PathOf(string part, string file = "") => Path.Combine(folder, part, file);

    /// <summary>Loads one network.</summary>
    /// <param name="make">Makes it with random weights.</param>
    /// <param name="layers">The least number of layers that it has.</param>
    /// <param name="part">Its folder.</param>
    /// <param name="rename">From the names of the checkpoint to those of the network.</param>
    /// <param name="wide">Whether half precision becomes single precision for this network.</param>
    public T Load<T>(Func<T> make, int layers, string part, Func<string, string?>? rename = null, bool wide = false)
        where T : nn.Module
    {
        var type = wide && dtype == ScalarType.Float16 ? ScalarType.Float32 : dtype;
        using var checkpoint = Checkpoint.Open(PathOf(part), type == ScalarType.Float16 ? "fp16" : null);
        CheckSizes(make, layers, checkpoint, rename, PathOf(part, "config.json"));
        var module = make();
        _loaded.Add(module);
        CheckpointLoader.LoadInto(module, checkpoint, rename);
        module.to(type);
        module.to(device);
        return module.Frozen();
    }

    /// <summary>Compares the configuration of a network with the header of its weights, which are not read.</summary>
    /// <param name="make">Makes the network.</param>
    /// <param name="layers">Number of its layers at least.</param>
    /// <param name="part">Its folder.</param>
    /// <param name="rename">From the names of the checkpoint to those of the network.</param>
    public void Look<T>(Func<T> make, int layers, string part, Func<string, string?>? rename = null)
        where T : nn.Module
    {
        using var checkpoint = Checkpoint.Open(PathOf(part), dtype == ScalarType.Float16 ? "fp16" : null);
        CheckSizes(make, layers, checkpoint, rename, PathOf(part, "config.json"));
    }

    /// <summary>Frees what was loaded, when a later part failed.</summary>
    public void Discard() => _loaded.ForEach(m => m.Dispose());

    /// <summary>Makes the network without memory and compares it with the checkpoint, before a wrong configuration takes memory.</summary>
    private static void CheckSizes<T>(Func<T> make, int layers, ICheckpoint checkpoint, Func<string, string?>? rename, string config)
        where T : nn.Module
    {
        // Even layers without memory take time and handles.
        if (layers > checkpoint.Names.Count)
        {
            throw new CheckpointFormatException(config, $"it describes {layers} layers or more, but {checkpoint.Source} has only {checkpoint.Names.Count} tensors.");
        }

        using var meta = Layers.On(META);
        T plan;
        try
        {
            plan = FixedSettings.InFile(config, make);
        }
        catch (Exception e) when (e is ExternalException or ArithmeticException or ArgumentException)
        {
            throw new CheckpointFormatException(config, $"no network has these sizes: {e.Message.Split('\n')[0]}", e);
        }

        using (plan)
        {
            CheckpointLoader.Match(plan, checkpoint, rename);
        }
    }
}
