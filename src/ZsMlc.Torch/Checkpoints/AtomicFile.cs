using System.Runtime.InteropServices;
using System.Text;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Writes files so that readers see the old file or the whole new one, never a part.</summary>
internal static partial class AtomicFile
{
    /// <summary>Ending of files that are being written; a killed process leaves them.</summary>
    public const string TemporaryEnding = ".tmp";

    // Linux's own bounds, MAXSYMLINKS and PATH_MAX; other systems' are not above them.
    private const int MostLinks = 40, LongestPath = 4096;

    /// <summary>Writes a file beside its target, flushes it to the disk and puts it in place.</summary>
    /// <param name="path">The target, or a link to it, which stays; an existing file is replaced and keeps its mode, or untouched when writing fails.</param>
    /// <param name="write">Writes the contents.</param>
    /// <exception cref="IOException">The file cannot be written; when it is not a regular file or its folder is missing, found before anything is written.</exception>
    public static void Write(string path, Action<Stream> write) => Place(path, write, (temporary, target) => File.Move(temporary, target, overwrite: true));

    /// <summary>Writes text as UTF-8 without a mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Like <see cref="Write"/>, but of several processes that write one file the first wins.</summary>
    /// <returns>Whether the file in place is this one.</returns>
    public static bool TryCreate(string path, Action<Stream> write)
    {
        if (File.Exists(path))
        {
            return false;
        }

        var won = false;
        Place(path, write, (temporary, target) => won = TryMove(temporary, target));
        return won;
    }

    private static void Place(string path, Action<Stream> write, Action<string, string> move)
    {
        var target = TargetOf(path);
        var temporary = $"{target}.{Guid.NewGuid():n}{TemporaryEnding}";
        try
        {
            using (var stream = Create(temporary, target))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            move(temporary, target);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string TargetOf(string path)
    {
        if (RegularFile.OtherKind(path) is { } kind)
        {
            throw new IOException($"{path} cannot be written: it is {kind}, expected a regular file or none.");
        }

        // Not ResolveLinkTarget, which takes ".." off the text of the link's path: where a folder in it is a link itself, that is another place.
        var target = path;
        for (var links = 0; new FileInfo(target).LinkTarget is { } next; links++)
        {
            target = links < MostLinks ? Path.Combine(RealFolder(target), next) : throw new IOException($"{path} cannot be written: it leads through more than {MostLinks} links.");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(target));
        return Directory.Exists(folder) ? target : throw new DirectoryNotFoundException($"{path} cannot be written: there is no folder {folder}.");
    }

    private static string RealFolder(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var real = new byte[LongestPath];
        return OperatingSystem.IsWindows() || RealPath(folder, real) == 0 ? folder : Encoding.UTF8.GetString(real.AsSpan(0, real.IndexOf((byte)0)));
    }

    private static FileStream Create(string temporary, string target)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 };
        if (OperatingSystem.IsWindows() || !File.Exists(target))
        {
            return new(temporary, options);
        }

        // Created with no more than the old file's mode, so that nobody else can open it meanwhile; what the process's mask took from it is given back.
        var mode = File.GetUnixFileMode(target);
        options.UnixCreateMode = mode;
        FileStream stream = new(temporary, options);
        try
        {
            if (File.GetUnixFileMode(stream.SafeFileHandle) != mode)
            {
                File.SetUnixFileMode(stream.SafeFileHandle, mode);
            }

            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static bool TryMove(string from, string to)
    {
        // Elsewhere than on Windows, File.Move looks for the target and then renames over it: two processes can both win.
        if (!OperatingSystem.IsWindows())
        {
            const int exists = 17;
            if (Link(from, to) == 0)
            {
                return true;
            }

            if (Marshal.GetLastPInvokeError() == exists)
            {
                return false;
            }
        }

        // Windows, and file systems without hard links.
        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(to))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPath(string path, Span<byte> real);
}
