using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZsMlc.MLNet.Interop;

[TestClass]
public sealed class ReadAheadTests
{
    private const int Rows = 40, Ahead = 6;

    private readonly ConcurrentDictionary<int, Thread> _threads = [];
    private readonly ConcurrentBag<MLImage> _made = [];
    private int _reads;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(16)]
    public void Cursor_AnyNumberOfThreads_GivesEveryRowInOrder(int threads)
    {
        using var cursor = Cursor(Source(i => Thread.Sleep(i % 5 == 0 ? 3 : 0)), threads);
        var (image, number, id) = (cursor.GetGetter<MLImage>(cursor.Schema["Image"]), cursor.GetGetter<float>(cursor.Schema["Number"]), cursor.GetIdGetter());
        MLImage picture = null!;
        var value = 0f;
        DataViewRowId row = default;
        for (var i = 0; i < Rows; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            image(ref picture);
            number(ref value);
            id(ref row);
            Assert.AreEqual((i + 1, (float)i, (ulong)i, (long)i), (picture.Width, value, row.Low, cursor.Position));
        }

        Assert.IsFalse(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
        Assert.HasCount(threads, _threads);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, _threads.Keys);
    }

    [TestMethod]
    public void Cursor_Shuffled_GivesTheRowsOfOneCursorInItsOrder()
    {
        var view = Source();
        using var one = view.GetRowCursor(view.Schema, new Random(4));
        using var many = new ReadAheadCursor(view.Schema, [.. view.Schema], view.GetRowCursorSet(view.Schema, 3, new Random(4)), Ahead);
        var (a, b) = (one.GetGetter<float>(view.Schema["Number"]), many.GetGetter<float>(view.Schema["Number"]));
        var (x, y) = (0f, 0f);
        while (one.MoveNext())
        {
            Assert.IsTrue(many.MoveNext());
            a(ref x);
            b(ref y);
            Assert.AreEqual(x, y);
        }
    }

    [TestMethod]
    public void Cursor_NobodyReads_WaitsWithAFewRowsAndEndsItsThreadsAtOnce()
    {
        var cursor = Cursor(Source(), 2);
        Assert.IsTrue(cursor.MoveNext());
        SpinWait.SpinUntil(() => _reads >= Ahead, TimeSpan.FromSeconds(10));
        Thread.Sleep(50);

        // Each of two threads has half of the rows and one more ready.
        Assert.IsInRange(Ahead, Ahead + 2, _reads);
        cursor.Dispose();

        Assert.IsTrue(_threads.Values.All(t => !t.IsAlive));
        Assert.IsTrue(_made.All(IsDisposed), "an image is left");
    }

    [TestMethod]
    public void Cursor_ReadToTheEnd_LeavesNoThreadAndNoImage()
    {
        using (var cursor = Cursor(Source(), 3))
        {
            var image = cursor.GetGetter<MLImage>(cursor.Schema["Image"]);
            MLImage picture = null!;
            while (cursor.MoveNext())
            {
                image(ref picture);
            }
        }

        Assert.HasCount(Rows, _made);
        Assert.IsTrue(_threads.Values.All(t => !t.IsAlive));
        Assert.IsTrue(_made.All(IsDisposed), "an image is left");
    }

    [TestMethod]
    public void Cursor_Squares_AreWhatTheReaderWouldMakeOfTheImages()
    {
        const int side = 4;
        var view = Source();
        using (var cursor = new ReadAheadCursor(view.Schema, [.. view.Schema], view.GetRowCursorSet(view.Schema, 3), Ahead, new(view.Schema["Image"].Index, side, MaximumPixels: 20)))
        {
            var image = cursor.GetGetter<MLImage>(cursor.Schema["Image"]);
            MLImage picture = null!;
            for (var i = 0; i < Rows; i++)
            {
                Assert.IsTrue(cursor.MoveNext());
                image(ref picture);
                using var whole = Picture(i);

                // What is too large is left to its reader.
                Assert.AreEqual(i < 20 ? (side, side) : (i + 1, 1), (picture.Width, picture.Height));
                using var square = ImagePixels.ToSquare(picture, side);
                using var expected = ImagePixels.ToSquare(whole, side);
                CollectionAssert.AreEqual(expected.bytes.ToArray(), square.bytes.ToArray());
                Assert.AreEqual(whole.Tag, picture.Tag);
            }
        }

        Assert.IsTrue(_made.All(IsDisposed), "an image is left");
    }

    [TestMethod]
    public void Squares_OfMorePixelsThanTheReaderTakes_AreNotMade()
    {
        using var image = Picture(4);

        Assert.AreSame(image, new SquareImages(0, Side: 8, MaximumPixels: 20).Stretch(image));
        Assert.AreEqual(5, image.Width);
    }

    [TestMethod]
    public void Batches_ImagesThatAreAskedForToo_AreWhole()
    {
        var source = Source();
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3, squares: new(source.Schema["Image"].Index, 8, long.MaxValue)));

        CollectionAssert.AreEqual(Enumerable.Range(1, Rows).ToArray(), Widths(view, Rows));
    }

    [TestMethod]
    public void Cursor_Forgotten_EndsItsThreads()
    {
        Forget();

        for (var i = 0; i < 50 && _threads.Values.Any(t => t.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
        }

        Assert.IsTrue(_threads.Values.All(t => !t.IsAlive));
    }

    [TestMethod]
    public void Cursor_RowThatFails_FailsInItsTurn()
    {
        using var cursor = Cursor(Source(i => _ = i == 11 ? throw new InvalidDataException("row 11") : 0), 3);
        for (var i = 0; i < 11; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
        }

        Assert.AreEqual("row 11", Assert.ThrowsExactly<InvalidDataException>(() => cursor.MoveNext()).Message);
        Assert.ThrowsExactly<InvalidDataException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void Batches_RowThatFails_GivesTheRowsBeforeIt()
    {
        var source = Source(i => _ = i == 7 ? throw new InvalidDataException("row 7") : 0);
        var mapping = new Doubling(source.Schema, 3);
        var view = new BatchedDataView(source, mapping);
        using var cursor = view.GetRowCursor([view.Schema["Twice"], view.Schema["Image"]]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        var value = 0f;
        for (var i = 0; i < 7; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            twice(ref value);
            Assert.AreEqual(2f * i, value);
        }

        Assert.ThrowsExactly<InvalidDataException>(() => cursor.MoveNext());
        CollectionAssert.AreEqual(new[] { 3, 3, 1 }, mapping.Batches);
    }

    [TestMethod]
    public void Batches_WhileOneIsComputed_TheNextIsRead()
    {
        using var fifth = new ManualResetEventSlim();
        var source = Source(i =>
        {
            if (i == 5)
            {
                fifth.Set();
            }
        });
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3, computing: () => Assert.IsTrue(fifth.Wait(TimeSpan.FromSeconds(20)), "the second batch waits for the first")));

        CollectionAssert.AreEqual(Enumerable.Range(1, Rows).ToArray(), Widths(view, Rows));
        CollectionAssert.AreEqual(new[] { 1, 2 }, Widths(view, 2));

        Assert.IsTrue(_threads.Values.All(t => !t.IsAlive));
        Assert.IsTrue(_made.All(IsDisposed), "an image is left");
    }

    [TestMethod]
    public void Batches_Cancelled_EndBeforeTheNextRow()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Source();
        var view = new BatchedDataView(source, new Doubling(source.Schema, 3, token: cancellation.Token));
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.IsTrue(cursor.MoveNext());
            }

            cancellation.Cancel();
            Assert.ThrowsExactly<OperationCanceledException>(() => cursor.MoveNext());
        }

        Assert.IsTrue(_threads.Values.All(t => !t.IsAlive));
    }

    [TestMethod]
    public void Batches_ViewsOverOurs_AreReadAheadAndForeignOnesAreNot()
    {
        var ml = new MLContext(1);
        var source = Source();
        var appended = new AppendedDataView(new BatchedDataView(source, new ConstantMapping(source.Schema, IndexedColumn.Text("Kind", _ => "real"))), new BatchedDataView(source, new ConstantMapping(source.Schema, IndexedColumn.Text("Kind", _ => "made"))));

        Assert.IsTrue(OnOthers(source));
        Assert.IsTrue(OnOthers(ml.Data.TakeRows(source, 20)));
        Assert.IsTrue(OnOthers(appended));
        Assert.IsFalse(OnOthers(ml.Data.ShuffleRows(source, seed: 1)));
        Assert.IsFalse(OnOthers(new BatchedDataView(source, new Doubling(source.Schema, 3)), "Twice"));

        CollectionAssert.AreEqual(Enumerable.Range(0, 2 * Rows).Select(i => i % Rows + 1).ToArray(), Widths(new BatchedDataView(appended, new Doubling(appended.Schema, 3)), 2 * Rows));
    }

    [TestMethod]
    public void Sets_OfAppendedViews_HoldEveryRowOnceInNonDecreasingBatches()
    {
        var source = Source();
        var view = new AppendedDataView(source, Source());

        var cursors = view.GetRowCursorSet(view.Schema, 3);

        Assert.HasCount(3, cursors);
        List<(long Batch, float Number)> all = [];
        HashSet<DataViewRowId> ids = [];
        foreach (var cursor in cursors)
        {
            var (number, getId) = (cursor.GetGetter<float>(view.Schema["Number"]), cursor.GetIdGetter());
            var (value, last, id) = (0f, -1L, default(DataViewRowId));
            while (cursor.MoveNext())
            {
                Assert.IsGreaterThan(last, cursor.Batch);
                last = cursor.Batch;
                number(ref value);
                getId(ref id);
                ids.Add(id);
                all.Add((last, value));
            }
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, 2 * Rows).Select(i => (float)(i % Rows)).ToArray(), all.OrderBy(r => r.Batch).Select(r => r.Number).ToArray());
        Assert.HasCount(2 * Rows, ids);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget() => Assert.IsTrue(Cursor(Source(), 2).MoveNext());

    private bool OnOthers(IDataView view, string added = "")
    {
        _threads.Clear();
        var mapping = new Doubling(view.Schema, 3);
        using var cursor = new BatchedDataView(view, mapping).GetRowCursor(mapping.OutputSchema);
        Assert.IsTrue(cursor.MoveNext());
        var direct = ReadAhead.Open(view, view.Schema, null, 3);
        direct.Dispose();
        return added.Length > 0 ? direct is ReadAheadCursor : !_threads.ContainsKey(Environment.CurrentManagedThreadId) && direct is ReadAheadCursor;
    }

    private static ReadAheadCursor Cursor(IDataView view, int threads) => new(view.Schema, [.. view.Schema], view.GetRowCursorSet(view.Schema, threads), Ahead);

    /// <summary>Rows with an image as wide as their number and one more; notes who makes what.</summary>
    private IndexedDataView Source(Action<int>? reading = null) => new(Rows,
    [
        new("Number", NumberDataViewType.Single, row => (ValueGetter<float>)((ref float v) => v = row.Index)),
        new("Image", new ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) =>
        {
            value?.Dispose();
            value = null!;
            _threads[Environment.CurrentManagedThreadId] = Thread.CurrentThread;
            reading?.Invoke(row.Index);
            value = Picture(row.Index);
            _made.Add(value);
            Interlocked.Increment(ref _reads);
        })),
    ]);

    private static MLImage Picture(int row)
    {
        var pixels = new byte[4 * (row + 1)];
        new Random(row).NextBytes(pixels);
        var image = MLImage.CreateFromPixels(row + 1, 1, row % 2 == 0 ? MLPixelFormat.Rgba32 : MLPixelFormat.Bgra32, pixels);
        image.Tag = $"{row}";
        return image;
    }

    private static bool IsDisposed(MLImage image)
    {
        try
        {
            return image.Width == 0;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException)
        {
            return true;
        }
    }

    /// <summary>Reads the widths of the first images; all other columns are active too.</summary>
    private static int[] Widths(IDataView view, int count)
    {
        using var cursor = view.GetRowCursor(view.Schema);
        var image = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        MLImage picture = null!;
        var widths = new int[count];
        for (var i = 0; i < count; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            image(ref picture);
            widths[i] = picture.Width;
        }

        picture.Dispose();
        return widths;
    }
}
