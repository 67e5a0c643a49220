namespace ZsMlc.Torch.Runtime;

/// <summary>
/// A value that is made at its first use and kept. One thread makes it while others wait; one that is given up or
/// replaced is freed when the last call that uses it has ended.
/// </summary>
internal sealed class KeptValue<T> : IDisposable
    where T : class, IDisposable
{
    private readonly Lock _gate = new();
    private T? _value;
    private SharedLifetime? _lifetime;

    /// <summary>Lends the value until the result is disposed.</summary>
    /// <param name="make">Makes a value.</param>
    /// <param name="fits">Whether a kept value is the one that is wanted; by default any is.</param>
    public Loan Use(Func<T> make, Func<T, bool>? fits = null)
    {
        lock (_gate)
        {
            using var old = _value is not null && fits?.Invoke(_value) == false ? Take() : null;
            if (_value is null)
            {
                Keep(make());
            }

            // Begun before the old value goes, the loan keeps this thread from waiting for others with the gate closed.
            return new(_value!, _lifetime!.Enter());
        }
    }

    /// <summary>Keeps a value that was made elsewhere.</summary>
    public void Set(T value)
    {
        SharedLifetime? old;
        lock (_gate)
        {
            old = Take();
            Keep(value);
        }

        old?.Dispose();
    }

    /// <summary>Puts another value in the place of a kept one; where none is kept, nothing happens.</summary>
    /// <param name="change">Makes the other value; the old one is freed.</param>
    public void Change(Func<T, T> change)
    {
        SharedLifetime? old;
        lock (_gate)
        {
            if (_value is not { } value)
            {
                return;
            }

            var next = change(value);
            old = Take();
            Keep(next);
        }

        old?.Dispose();
    }

    /// <summary>Gives the value up; the next use makes another.</summary>
    public void Forget()
    {
        SharedLifetime? old;
        lock (_gate)
        {
            old = Take();
        }

        old?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    private void Keep(T value) => (_value, _lifetime) = (value, new(typeof(T).Name, value.Dispose));

    private SharedLifetime? Take()
    {
        var lifetime = _lifetime;
        (_value, _lifetime) = (null, null);
        return lifetime;
    }

    /// <summary>A value in use.</summary>
    public readonly struct Loan(T value, IDisposable use) : IDisposable
    {
        /// <summary>Gets the value.</summary>
        public T Value { get; } = value;

        /// <summary>Gives it back.</summary>
        public void Dispose() => use.Dispose();
    }
}
