using System.Diagnostics;

namespace ZsMlc.MLNet;

/// <summary>A temporary folder, deleted with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("zsmlc-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Makes a pipe, which whoever opens it waits at.</summary>
    public string Pipe(string name)
    {
        using var make = Process.Start("mkfifo", [this[name]]);
        make.WaitForExit();
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
