using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZsMlc.MLNet.Interop;

[TestClass]
public sealed class AppendedDataViewTests
{
    [TestMethod]
    public void Rows_PhotosAndSynthetic_FollowEachOtherWithTheirColumns()
    {
        var photos = new BatchedDataView(View("photo", 3, new ImageDataViewType()), new ConstantMapping(View("photo", 3, new ImageDataViewType()).Schema, IndexedColumn.Boolean("IsSynthetic", _ => false)));
        var synthetic = View("made", 2, new ImageDataViewType(8, 8), IndexedColumn.Boolean("IsSynthetic", _ => true), IndexedColumn.Text("Further", _ => "x"));

        var view = new AppendedDataView(photos, synthetic);

        Assert.AreEqual(5L, view.GetRowCount());
        Assert.IsNull(view.Schema.GetColumnOrNull("Further"));
        CollectionAssert.AreEqual(new[] { "photo 0", "photo 1", "photo 2", "made 0", "made 1" }, view.GetColumn<string>("Name").ToArray());
        CollectionAssert.AreEqual(new[] { false, false, false, true, true }, view.GetColumn<bool>("IsSynthetic").ToArray());
        using var cursor = view.GetRowCursor([view.Schema["Image"]]);
        var image = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        var id = cursor.GetIdGetter();
        MLImage value = null!;
        HashSet<(ulong, ulong)> ids = [];
        List<int> widths = [];
        while (cursor.MoveNext())
        {
            image(ref value);
            DataViewRowId row = default;
            id(ref row);
            ids.Add((row.Low, row.High));
            widths.Add(value.Width);
            Assert.AreEqual(widths.Count - 1, cursor.Position);
        }

        value.Dispose();
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 1, 2 }, widths);
        Assert.HasCount(5, ids);
        Assert.IsFalse(cursor.MoveNext());
    }

    [TestMethod]
    public void Rows_EitherViewEmpty_GivesTheOther()
    {
        CollectionAssert.AreEqual(new[] { "b 0" }, new AppendedDataView(View("a", 0, new ImageDataViewType()), View("b", 1, new ImageDataViewType())).GetColumn<string>("Name").ToArray());
        CollectionAssert.AreEqual(new[] { "a 0" }, new AppendedDataView(View("a", 1, new ImageDataViewType()), View("b", 0, new ImageDataViewType())).GetColumn<string>("Name").ToArray());
    }

    [TestMethod]
    public void Rows_Shuffled_AreTheSameRows()
    {
        var view = new AppendedDataView(View("a", 3, new ImageDataViewType()), View("b", 3, new ImageDataViewType()));
        using var cursor = view.GetRowCursor([view.Schema["Name"]], new Random(4));
        var name = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Name"]);
        List<string> found = [];
        while (cursor.MoveNext())
        {
            ReadOnlyMemory<char> text = default;
            name(ref text);
            found.Add(text.ToString());
        }

        CollectionAssert.AreEquivalent(view.GetColumn<string>("Name").ToArray(), found);
    }

    [TestMethod]
    public void Create_ColumnMissingOrOfAnotherType_NamesIt()
    {
        var full = View("a", 1, new ImageDataViewType(), IndexedColumn.Boolean("Flag", _ => true));

        Assert.Contains("'Flag'", Assert.ThrowsExactly<ArgumentException>(() => new AppendedDataView(full, View("b", 1, new ImageDataViewType()))).Message);
        Assert.Contains("'Flag'", Assert.ThrowsExactly<ArgumentException>(() => new AppendedDataView(full, View("b", 1, new ImageDataViewType(), IndexedColumn.Text("Flag", _ => "")))).Message);
    }

    private static IndexedDataView View(string name, int count, ImageDataViewType type, params IndexedColumn[] further) => new(count,
    [
        new("Image", type, row => (ValueGetter<MLImage>)((ref MLImage v) =>
        {
            v?.Dispose();
            v = MLImage.CreateFromPixels(row.Index + 1, 1, MLPixelFormat.Rgba32, new byte[4 * (row.Index + 1)]);
        })),
        IndexedColumn.Text("Name", i => $"{name} {i}"),
        .. further,
    ]);
}
