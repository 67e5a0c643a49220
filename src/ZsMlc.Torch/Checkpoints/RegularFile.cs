using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Tells regular files from what only has a path: pipes, sockets, devices. .NET's attributes do not, and whoever opens a pipe waits for its writer.</summary>
internal static partial class RegularFile
{
    // Of statx(2), whose record has the same layout on every processor.
    private const int WorkingFolder = -100, Type = 1, RecordLength = 256, ModeOffset = 28, TypeBits = 0xF000;

    /// <summary>What is at a path if it is not a regular file, such as "a pipe"; null for a regular file and for nothing. Links are followed, nothing is opened.</summary>
    public static string? OtherKind(string path) => (OperatingSystem.IsLinux() ? TypeOf(path) : 0) switch
    {
        0x1000 => "a pipe",
        0x2000 or 0x6000 => "a device",
        0xC000 => "a socket",
        0x4000 => "a folder",
        0 when Directory.Exists(path) => "a folder",
        _ => null,
    };

    private static int TypeOf(string path)
    {
        try
        {
            Span<byte> record = stackalloc byte[RecordLength];
            return Status(WorkingFolder, path, 0, Type, record) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(record[ModeOffset..]) & TypeBits : 0;
        }
        catch (EntryPointNotFoundException)
        {
            return 0; // C libraries from before 2018
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, Span<byte> status);
}
