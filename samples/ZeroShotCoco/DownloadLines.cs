using ZsMlc.Torch.Hub;

namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>A line for every twentieth of a download, which suits the log files of clusters.</summary>
internal sealed class DownloadLines(TextWriter output, string name) : IProgress<ModelDownloadProgress>
{
    private int _told = -1;

    public void Report(ModelDownloadProgress value)
    {
        var part = value.TotalBytes == 0 ? 20 : (int)(20 * value.Bytes / value.TotalBytes);
        if (part > _told)
        {
            _told = part;
            output.WriteLine($"{name}: {5 * part} % of {Doctor.Checkup.Size(value.TotalBytes)}, {value.File}");
        }
    }
}
