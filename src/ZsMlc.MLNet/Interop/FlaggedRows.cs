using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Keeps the rows whose flag has one value.</summary>
/// <param name="input">Schema of the rows that come in.</param>
/// <param name="flag">A Boolean column.</param>
/// <param name="kept">The value of the rows that are kept.</param>
internal sealed class FlaggedRows(DataViewSchema input, DataViewSchema.Column flag, bool kept) : BatchMapping(input, [], 1)
{
    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads { get; } = [flag.Index];

    /// <inheritdoc/>
    public override BatchRun Start(DataViewRow row, int capacity) => new Run(row.GetGetter<bool>(row.Schema[flag.Index]), kept);

    private sealed class Run(ValueGetter<bool> flag, bool kept) : BatchRun
    {
        private bool _keep;

        public override void Read(int slot)
        {
            var value = false;
            flag(ref value);
            _keep = value == kept;
        }

        public override void Compute(int count)
        {
        }

        public override bool Keep(int slot) => _keep;

        public override Delegate Getter(int added, Func<int> slot) => throw new InvalidOperationException("No columns are added.");
    }
}
