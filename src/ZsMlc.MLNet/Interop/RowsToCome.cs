using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// What a link of a chain that makes rows tells the links behind it before there is any, and what these want to see
/// checked before it starts.
/// </summary>
/// <remarks>
/// ML.NET's chain asks every estimator for its output schema, one after the other, before it fits the first one; all that
/// goes along is the columns' names and types. So this object goes along as the type of an annotation of the label column.
/// Estimators that pass the column on pass its annotations on; where a column is made anew, the object is lost, and with it
/// rightly all that was known of the labels. It lives while a chain is asked, in no view and in no file.
/// </remarks>
internal sealed class RowsToCome : StructuredDataViewType
{
    private readonly List<Action<IDataView, long>> _checks;

    /// <summary>Promises rows.</summary>
    /// <param name="labels">The labels that the rows are made for.</param>
    /// <param name="implied">Further labels that they may have.</param>
    /// <param name="option">The option that names the labels, for messages.</param>
    public RowsToCome(IReadOnlyList<string> labels, IReadOnlyList<string> implied, string option)
        : this(labels, implied, option, [])
    {
    }

    private RowsToCome(IReadOnlyList<string> labels, IReadOnlyList<string> implied, string option, List<Action<IDataView, long>> checks)
        : base(typeof(RowsToCome)) => (Labels, Implied, Option, _checks) = (labels, implied, option, checks);

    /// <summary>Gets the labels that the rows are made for.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Gets further labels that the rows may have.</summary>
    public IReadOnlyList<string> Implied { get; }

    /// <summary>Gets the option that names the labels.</summary>
    public string Option { get; }

    /// <summary>The same rows, to which a link between may add labels.</summary>
    public RowsToCome With(IEnumerable<string> implied) => new(Labels, [.. Implied.Union(implied, StringComparer.Ordinal)], Option, _checks);

    /// <summary>Asks for a check before the first row is made.</summary>
    /// <param name="check">Gets the rows there are, under the columns of the link that makes the others, and the least number of rows it will make.</param>
    public void CheckFirst(Action<IDataView, long> check) => _checks.Add(check);

    /// <summary>Runs the checks that were asked for.</summary>
    public void Check(IDataView rows, long toCome) => _checks.ForEach(check => check(rows, toCome));

    /// <inheritdoc/>
    public override bool Equals(DataViewType? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
