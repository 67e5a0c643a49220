namespace ZsMlc.Torch.Hub;

/// <summary>Adds up the files of a download and reports not too often.</summary>
internal sealed class DownloadMeter(IProgress<ModelDownloadProgress>? progress, long total)
{
    private const long Interval = 100;

    private string? _file;
    private long _finished, _reported;

    /// <summary>Takes note that a file has so many bytes.</summary>
    public void Report(string file, long bytes)
    {
        var now = Environment.TickCount64;
        if (file != _file || now - _reported >= Interval)
        {
            (_file, _reported) = (file, now);
            progress?.Report(new(file, _finished + bytes, total));
        }
    }

    /// <summary>Takes note that a file is in place.</summary>
    public void Finish(ModelFile file)
    {
        _finished += file.Size;
        progress?.Report(new(file.Path, _finished, total));
    }
}
