using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Adds columns that have the same value in every row, such as "not synthetic" to photos.</summary>
/// <param name="input">Schema of the rows that come in.</param>
/// <param name="columns">The columns; their getters are asked with row 0.</param>
internal sealed class ConstantMapping(DataViewSchema input, params IReadOnlyList<IndexedColumn> columns)
    : BatchMapping(input, [.. columns.Select(c => new AddedColumn(c.Name, c.Type, c.Annotations))], 1)
{
    /// <inheritdoc/>
    public override bool UsesNetwork => false;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Reads => [];

    /// <inheritdoc/>
    public override BatchRun Start(DataViewRow row, int capacity) => new Run(columns);

    private sealed class Run(IReadOnlyList<IndexedColumn> columns) : BatchRun
    {
        private readonly IndexedRow _row = IndexedRow.At(0);

        public override void Read(int slot)
        {
        }

        public override void Compute(int count)
        {
        }

        public override Delegate Getter(int added, Func<int> slot) => columns[added].Getter(_row);
    }
}
