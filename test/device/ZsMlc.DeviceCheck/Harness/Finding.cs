namespace ZsMlc.DeviceCheck.Harness;

/// <summary>One thing that a step found out: a figure, with its limit where there is one, or a sentence.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Value">The figure; null for a sentence or a failure.</param>
/// <param name="Unit">Unit of the figure.</param>
/// <param name="Limit">The largest figure that passes, or null.</param>
/// <param name="Note">A sentence; the error of a failure.</param>
/// <param name="Failed">Whether it failed for another reason than its limit.</param>
internal sealed record Finding(string Name, double? Value = null, string Unit = "", double? Limit = null, string Note = "", bool Failed = false)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool Passes => !Failed && (Limit is not { } limit || Value is { } value && value <= limit);

    /// <summary>A sentence.</summary>
    public static Finding Of(string name, string note) => new(name, Note: note);

    /// <summary>A failure.</summary>
    public static Finding Failure(string name, string note) => new(name, Note: note, Failed: true);
}
