using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

[TestClass]
public sealed class BatchedDataViewTests
{
    private readonly MLContext _ml = new(1);

    [TestMethod]
    public void Rows_SevenInBatchesOfThree_ComeInOrderWithTheirOwnColumns()
    {
        var source = Source(7);
        var mapping = new Doubling(source.Schema, 3);

        var rows = _ml.Data.CreateEnumerable<Out>(new BatchedDataView(source, mapping), reuseRowObject: false).ToList();

        CollectionAssert.AreEqual(new[] { 3, 3, 1 }, mapping.Batches);
        for (var i = 0; i < 7; i++)
        {
            Assert.AreEqual(2f * i, rows[i].Twice);
            Assert.AreEqual($"row {i}", rows[i].Name);
            CollectionAssert.AreEqual(Enumerable.Repeat((float)i, i).ToArray(), rows[i].Items);
        }
    }

    [TestMethod]
    public void Rows_Pictures_AreCopiesTheCallerMayDispose()
    {
        var source = Source(4);
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3));

        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<MLImage>(view.Schema["Picture"]);
        for (var i = 0; cursor.MoveNext(); i++)
        {
            MLImage? picture = null, again = null;
            getter(ref picture!);
            getter(ref again!);
            picture.Dispose();
            Assert.AreEqual(i + 1, again.Width);
            getter(ref again);
            Assert.AreEqual(i + 1, again.Width);
            again.Dispose();
        }
    }

    [TestMethod]
    public void Rows_AddedColumnNotAskedFor_NothingIsComputed()
    {
        var source = Source(5);
        var mapping = new Doubling(source.Schema, 3);
        var view = new BatchedDataView(source, mapping);

        CollectionAssert.AreEqual(new[] { "row 0", "row 1", "row 2", "row 3", "row 4" }, view.GetColumn<string>("Name").ToArray());

        Assert.IsEmpty(mapping.Batches);
    }

    [TestMethod]
    public void Rows_Filter_LeavesRowsOutAndKeepsPositionsGapless()
    {
        var source = Source(7);
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3, n => n % 3 == 0), filters: true);

        Assert.IsNull(view.GetRowCount());
        using var cursor = view.GetRowCursor([view.Schema["Twice"]]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        List<(long, float)> found = [];
        while (cursor.MoveNext())
        {
            float value = 0;
            twice(ref value);
            found.Add((cursor.Position, value));
        }

        CollectionAssert.AreEqual(new[] { (0L, 0f), (1L, 6f), (2L, 12f) }, found);
        Assert.IsFalse(cursor.MoveNext());
    }

    [TestMethod]
    public void Rows_ColumnBothReadAndAskedFor_IsReadFromTheSourceOnce()
    {
        var reads = 0;
        var source = new IndexedDataView(5, [new("Number", NumberDataViewType.Single, row => (ValueGetter<float>)((ref float v) => (v, reads) = (row.Index, reads + 1)))]);
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3));

        using var cursor = view.GetRowCursor(view.Schema);
        var (number, twice) = (cursor.GetGetter<float>(view.Schema["Number"]), cursor.GetGetter<float>(view.Schema["Twice"]));
        for (var i = 0; cursor.MoveNext(); i++)
        {
            float a = 0, b = 0;
            number(ref a);
            twice(ref b);
            Assert.AreEqual((i, 2 * i), ((int)a, (int)b));
        }

        Assert.AreEqual(5, reads);
    }

    [TestMethod]
    public void Cursor_ReadToTheEnd_CompletesTheComputationOnce()
    {
        var source = Source(7);
        var mapping = new Doubling(source.Schema, 3);
        var view = new BatchedDataView(source, mapping);
        using (var early = view.GetRowCursor(view.Schema))
        {
            early.MoveNext();
        }

        Assert.AreEqual(0, mapping.Completed);
        Assert.HasCount(7, view.GetColumn<float>("Twice").ToArray());
        Assert.AreEqual(1, mapping.Completed);
    }

    [TestMethod]
    public void Cursor_StoppedEarly_DisposesTheComputationOnce()
    {
        var source = Source(7);
        var mapping = new Doubling(source.Schema, 3);
        var view = new BatchedDataView(source, mapping);
        var cursor = view.GetRowCursor(view.Schema);

        cursor.MoveNext();
        cursor.Dispose();
        cursor.Dispose();

        Assert.AreEqual(1, mapping.Disposed);
        Assert.IsFalse(cursor.MoveNext());
    }

    [TestMethod]
    public void Cursor_Cancelled_ThrowsBeforeTheNextBatch()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Source(7);
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3, token: cancellation.Token));
        using var cursor = view.GetRowCursor(view.Schema);
        cursor.MoveNext();

        cancellation.Cancel();

        Assert.IsTrue(cursor.MoveNext());
        Assert.IsTrue(cursor.MoveNext());
        Assert.ThrowsExactly<OperationCanceledException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void Cursor_BeforeTheFirstRowOrWrongType_SaysSo()
    {
        var source = Source(2);
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3));
        using var cursor = view.GetRowCursor([view.Schema["Twice"]]);

        float value = 0;
        Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["Twice"])(ref value));
        Assert.ThrowsExactly<ArgumentException>(() => cursor.GetGetter<double>(view.Schema["Twice"]));
        Assert.ThrowsExactly<ArgumentException>(() => cursor.GetGetter<float>(view.Schema["Number"]));
    }

    [TestMethod]
    public void CursorSet_ManyAsked_ReturnsOne()
    {
        var source = Source(7);
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3));

        Assert.HasCount(1, view.GetRowCursorSet(view.Schema, 8));
    }

    [TestMethod]
    public void RowMapper_SeveralColumnsOfOneRow_AreComputedOnce()
    {
        var source = Source(3);
        var mapping = new Doubling(source.Schema, 3);
        IRowToRowMapper mapper = new BatchRowMapper(mapping);
        CollectionAssert.AreEqual(new[] { "Number" }, mapper.GetDependencies([mapper.OutputSchema["Twice"]]).Select(c => c.Name).ToArray());

        using var input = source.GetRowCursor(source.Schema);
        using var row = mapper.GetRow(input, mapper.OutputSchema);
        var twice = row.GetGetter<float>(row.Schema["Twice"]);
        var name = row.GetGetter<ReadOnlyMemory<char>>(row.Schema["Name"]);
        for (var i = 0; input.MoveNext(); i++)
        {
            float value = 0;
            twice(ref value);
            twice(ref value);
            ReadOnlyMemory<char> text = default;
            name(ref text);
            Assert.AreEqual(2f * i, value);
            Assert.AreEqual($"row {i}", text.ToString());
        }

        Assert.HasCount(3, mapping.Batches);
    }

    private static IndexedDataView Source(int count) => new(count,
    [
        new("Number", NumberDataViewType.Single, row => (ValueGetter<float>)((ref float v) => v = row.Index)),
        IndexedColumn.Text("Name", i => $"row {i}"),
        new("Items", new VectorDataViewType(NumberDataViewType.Single), row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> v) =>
            new VBuffer<float>(row.Index, Enumerable.Repeat((float)row.Index, row.Index).ToArray()).CopyTo(ref v))),
        new("Picture", new Microsoft.ML.Transforms.Image.ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage v) =>
        {
            v?.Dispose();
            v = MLImage.CreateFromPixels(row.Index + 1, 1, MLPixelFormat.Rgba32, new byte[4 * (row.Index + 1)]);
        })),
    ]);

    private sealed class Out
    {
        public float Twice { get; set; }

        public string Name { get; set; } = "";

        public float[] Items { get; set; } = [];
    }
}
