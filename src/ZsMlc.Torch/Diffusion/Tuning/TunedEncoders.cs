namespace ZsMlc.Torch.Diffusion.Tuning;

/// <summary>Which of a diffusion model's text encoders are tuned.</summary>
public enum TunedEncoders
{
    /// <summary>Every encoder of the model.</summary>
    All,

    /// <summary>The first encoder, which is the only one in Stable Diffusion 1.x and 2.x.</summary>
    First,

    /// <summary>The second encoder, whose pooled text SDXL uses as well.</summary>
    Second,
}

/// <summary>What <see cref="TunedEncoders"/> stands for in a model.</summary>
internal static class TunedEncodersExtensions
{
    /// <summary>The indices of the chosen encoders.</summary>
    /// <param name="choice">The choice.</param>
    /// <param name="count">Number of the model's encoders.</param>
    /// <exception cref="ArgumentException">The model has no such encoder.</exception>
    public static IReadOnlyList<int> Indices(this TunedEncoders choice, int count) => choice switch
    {
        TunedEncoders.All => [.. Enumerable.Range(0, count)],
        TunedEncoders.First => [0],
        TunedEncoders.Second when count > 1 => [1],
        TunedEncoders.Second => throw new ArgumentException($"{nameof(TextEncoderTuningOptions.Encoders)} is {choice}, but the model has one text encoder."),
        _ => throw new ArgumentOutOfRangeException(nameof(choice), choice, "There is no such choice of text encoders."),
    };
}
