namespace ZsMlc.Torch;

/// <summary>The value of an option that can be given in two places, and whether it was given in this one.</summary>
/// <param name="Value">The value.</param>
/// <param name="IsGiven">Whether somebody chose it; otherwise it is a default.</param>
internal readonly record struct Setting<T>(T Value, bool IsGiven)
    where T : struct, IFormattable
{
    /// <summary>Makes a default.</summary>
    public static implicit operator Setting<T>(T value) => new(value, false);

    /// <summary>This setting, with a value given elsewhere as its default.</summary>
    public Setting<T> Or(T? elsewhere) => elsewhere ?? this;

    /// <summary>Throws when another value was given elsewhere.</summary>
    /// <param name="name">Name of the option elsewhere.</param>
    /// <param name="elsewhere">The value given there, if any.</param>
    /// <param name="parent">Name of the options that hold this one.</param>
    /// <exception cref="ArgumentException">Both are given and differ; the message names both.</exception>
    public void CheckAgainst(string name, T? elsewhere, string parent)
    {
        if (IsGiven && elsewhere is { } other && !other.Equals(Value))
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} is {other} and {parent}.{name} is {Value}; give one of the two, or the same value in both."), name);
        }
    }

    /// <summary>Whether the values are equal; where they were given plays no part.</summary>
    public bool Equals(Setting<T> other) => Value.Equals(other.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();
}
