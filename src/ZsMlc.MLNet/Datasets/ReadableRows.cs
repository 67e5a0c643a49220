using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Datasets;

/// <summary>Leaves unreadable images out of a view. A file is judged once, by whichever cursor comes to it first, so that every pass sees the same rows.</summary>
internal sealed class ReadableRows(IHostEnvironment environment, IReadOnlyList<ImageRow> rows, ImageDataOptions options)
{
    private const int Unknown = 0, Readable = 1, Unreadable = 2;

    private readonly int[] _verdicts = new int[rows.Count];
    private readonly Lock _reporting = new();

    /// <summary>Whether a row's image can be read. Where that is found out by decoding, the row keeps the image.</summary>
    public bool Includes(IndexedRow row)
    {
        ref var verdict = ref _verdicts[row.Index];
        if (Volatile.Read(ref verdict) == Unknown && Decode(row) is { } fault && Interlocked.CompareExchange(ref verdict, Unreadable, Unknown) == Unknown)
        {
            Report(fault);
        }

        Interlocked.CompareExchange(ref verdict, Readable, Unknown);
        return Volatile.Read(ref verdict) == Readable;
    }

    private ImageReadException? Decode(IndexedRow row)
    {
        try
        {
            row.Keep(ImageReader.Read(rows[row.Index].Path, options.Reading));
            return null;
        }
        catch (ImageReadException e)
        {
            return e;
        }
    }

    private void Report(ImageReadException fault)
    {
        lock (_reporting)
        {
            environment.Warning("Images", $"Left out: {fault.Message}");
            options.Unreadable?.Invoke(fault);
        }
    }
}
