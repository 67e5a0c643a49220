namespace ZsMlc.Torture;

/// <summary>A temporary folder that goes with this object.</summary>
internal sealed class WorkFolder : IDisposable
{
    /// <summary>Gets the path of the folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("zsmlc-torture-").FullName;

    /// <summary>A path inside.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
