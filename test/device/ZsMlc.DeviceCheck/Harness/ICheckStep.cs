using TorchSharp;

namespace ZsMlc.DeviceCheck.Harness;

/// <summary>A step of the check. It runs in a process of its own, so that a crash ends it alone and its memory is known.</summary>
internal interface ICheckStep
{
    /// <summary>Its number on the command line; parts of one step have a letter.</summary>
    string Number { get; }

    /// <summary>What it does, in a few words.</summary>
    string Title { get; }

    /// <summary>Environment variables that its process needs.</summary>
    IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>Does it; every finding is kept, also when a later one ends the process.</summary>
    IEnumerable<Finding> Run(CheckOptions options);
}

/// <summary>What the command line chose.</summary>
/// <param name="Gpu">Index of the CUDA device; null for the CPU, a rehearsal.</param>
/// <param name="Smoke">Whether networks and batches are tiny: whether everything runs, and nothing about speed.</param>
/// <param name="Micro">Folder of the micro models (clip, diffusion), or null.</param>
internal sealed record CheckOptions(int? Gpu, bool Smoke, string? Micro)
{
    /// <summary>The device. Touches libtorch.</summary>
    public torch.Device Device => Torch.Runtime.TorchDevice.Select(Gpu, fallbackToCpu: false);
}
