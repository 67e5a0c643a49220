using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Adds a column Twice of the column Number; keeps rows by a rule; counts what it does.</summary>
internal sealed class Doubling(DataViewSchema input, int batchSize, Func<float, bool>? keep = null, CancellationToken token = default, Action? computing = null, SquareImages? squares = null)
    : BatchMapping(input, [new("Twice", NumberDataViewType.Single)], batchSize)
{
    public List<int> Batches { get; } = [];

    public int Disposed { get; private set; }

    public int Completed { get; private set; }

    public override IReadOnlyList<int> Reads => [InputSchema["Number"].Index];

    public override SquareImages? Squares => squares;

    public override CancellationToken CancellationToken => token;

    public override BatchRun Start(DataViewRow row, int capacity) => new Run(this, row.GetGetter<float>(row.Schema["Number"]), capacity, keep, computing);

    private sealed class Run(Doubling owner, ValueGetter<float> number, int capacity, Func<float, bool>? keep, Action? computing) : BatchRun
    {
        private readonly float[] _in = new float[capacity], _out = new float[capacity];

        public override void Read(int slot) => number(ref _in[slot]);

        public override void Compute(int count)
        {
            owner.Batches.Add(count);
            computing?.Invoke();
            for (var i = 0; i < count; i++)
            {
                _out[i] = 2 * _in[i];
            }
        }

        public override bool Keep(int slot) => keep?.Invoke(_in[slot]) ?? true;

        public override void Complete() => owner.Completed++;

        public override Delegate Getter(int added, Func<int> slot) => (ValueGetter<float>)((ref float v) => v = _out[slot()]);

        public override void Dispose() => owner.Disposed++;
    }
}
