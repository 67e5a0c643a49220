using System.CommandLine.Parsing;
using System.Globalization;
using TorchSharp;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.Samples;

/// <summary>The GPUs that a command may use.</summary>
/// <param name="Indices">Their indices; empty for the CPU; <see langword="null"/> for all that the machine has.</param>
internal sealed record Gpus(IReadOnlyList<int>? Indices)
{
    /// <summary>The CPU.</summary>
    public static Gpus None { get; } = new([]);

    /// <summary>Reads "all", an index, or several with commas between them.</summary>
    public static Gpus? Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (text == "all")
        {
            return new Gpus((IReadOnlyList<int>?)null);
        }

        var indices = new List<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || indices.Contains(index))
            {
                argument.AddError($"--gpu is '{text}'; expected an index such as 0, different ones such as 0,1, or all.");
                return null;
            }

            indices.Add(index);
        }

        return new Gpus(indices);
    }

    /// <summary>The indices, looked up where they are all.</summary>
    /// <exception cref="InvalidOperationException">All are asked for, there is none, and the CPU must not take their place.</exception>
    public IReadOnlyList<int> Find(bool fallbackToCpu) =>
        Indices ?? (TorchDevice.Select(0, fallbackToCpu).type == DeviceType.CUDA ? [.. Enumerable.Range(0, torch.cuda.device_count())] : []);
}
