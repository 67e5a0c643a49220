namespace ZsMlc.Torture.Children;

/// <summary>Keeps on file what a child is at, for the parent of a child that crashes, and ends a child that stays at one thing for too long.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly FileStream _file;
    private readonly Timer _timer;
    private long _step, _seen = -1;

    /// <summary>Creates the watchdog.</summary>
    /// <param name="folder">Folder of the child.</param>
    /// <param name="limit">Most time for one thing.</param>
    public Watchdog(string folder, TimeSpan limit)
    {
        _file = new(PathIn(folder), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _timer = new(_ => Look(), null, limit, limit);
    }

    /// <summary>What a child of this folder was at last.</summary>
    public static string Position(string folder) => File.Exists(PathIn(folder)) ? File.ReadAllText(PathIn(folder)).Trim('\0', ' ') : "at its start";

    /// <summary>Tells what is done next.</summary>
    public void At(string what)
    {
        Interlocked.Increment(ref _step);
        _file.Position = 0;
        _file.Write(System.Text.Encoding.UTF8.GetBytes(what.PadRight(100)));
    }

    public void Dispose()
    {
        _timer.Dispose();
        _file.Dispose();
    }

    private static string PathIn(string folder) => Path.Combine(folder, "position.txt");

    private void Look()
    {
        var step = Interlocked.Read(ref _step);
        if (step == _seen)
        {
            Environment.Exit(ChildWork.Hung);
        }

        _seen = step;
    }
}
