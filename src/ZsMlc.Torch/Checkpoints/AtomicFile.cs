using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Writes files so that readers see the old file or the whole new one, never a part.</summary>
internal static partial class AtomicFile
{
    /// <summary>Ending of files that are being written; a killed process leaves them.</summary>
    public const string TemporaryEnding = ".tmp";

    /// <summary>Writes a file beside its target, flushes it to the disk and puts it in place.</summary>
    /// <param name="path">The target; an existing file is replaced, or untouched when writing fails.</param>
    /// <param name="write">Writes the contents.</param>
    public static void Write(string path, Action<Stream> write) => Place(path, write, temporary => File.Move(temporary, path, overwrite: true));

    /// <summary>Writes text as UTF-8 without a mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Like <see cref="Write"/>, but of several processes that write one file the first wins.</summary>
    /// <returns>Whether the file in place is this one.</returns>
    public static bool TryCreate(string path, Action<Stream> write)
    {
        if (File.Exists(path))
        {
            return false;
        }

        var won = false;
        Place(path, write, temporary => won = TryMove(temporary, path));
        return won;
    }

    private static void Place(string path, Action<Stream> write, Action<string> move)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}{TemporaryEnding}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            move(temporary);
        }
        finally
        {
            File.Delete(temporary);
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
}
