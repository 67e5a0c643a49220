using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using static ZsMlc.Torch.Runtime.Elf;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// A shared object without code: it exports a function of this process under a name, and needs another library, whose other functions
/// are therefore found through it too. Who looks up names in it gets that library with one function replaced.
/// </summary>
internal static class SymbolLibrary
{
    private const int LargestPage = 1 << 16, HeaderSize = 64, SegmentSize = 56, SymbolSize = 24, DynamicSize = 16;
    private const uint ReadWrite = 6;

    /// <summary>Loads such a library.</summary>
    /// <param name="needed">Name of the other library, which is loaded already.</param>
    /// <param name="symbol">Name of the function.</param>
    /// <param name="address">Where the function is.</param>
    /// <param name="folder">Where its file is written, and deleted when it is loaded; by default that for temporary files.</param>
    /// <returns>The handle; 0 where there is no such folder or this system's loader does not take the file.</returns>
    public static nint Load(string needed, string symbol, nint address, string? folder = null)
    {
        if (!OperatingSystem.IsLinux() || Machine is not { } machine)
        {
            return 0;
        }

        try
        {
            var path = Path.Combine(folder ?? Path.GetTempPath(), $"zsmlc-{Guid.NewGuid():n}.so");
            using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 4096, FileOptions.DeleteOnClose);
            file.Write(Image(machine, needed, Path.GetFileName(path), symbol, address));
            file.Flush();

            // GNU's C library before 2.28 and musl take an absolute address for a relative one.
            var handle = NativeLookup.Library(path);
            if (handle == 0 || NativeLookup.Function(handle, symbol) == address)
            {
                return handle;
            }

            NativeLibrary.Free(handle);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>The ELF number of this process's processor; null where this has not been tried.</summary>
    private static ushort? Machine => RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 62, Architecture.Arm64 => 183, _ => null };

    // One segment holds the whole file, so that offsets are addresses.
    private static byte[] Image(ushort machine, string needed, string name, string symbol, nint address)
    {
        var strings = $"\0{needed}\0{name}\0{symbol}\0";
        int symbols = HeaderSize + 3 * SegmentSize, hash = symbols + 2 * SymbolSize, text = hash + 5 * sizeof(uint);
        int Place(string text) => strings.IndexOf($"\0{text}\0", StringComparison.Ordinal) + 1;
        var dynamic = (text + strings.Length + 7) & ~7;
        (long Tag, long Value)[] entries =
        [
            (DtNeeded, Place(needed)), (DtSoName, Place(name)),
            (DtHash, hash), (DtStrTab, text), (DtSymTab, symbols), (DtStrSz, strings.Length), (DtSymEnt, SymbolSize), (DtNull, 0),
        ];

        var image = new byte[dynamic + entries.Length * DynamicSize];
        void U16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);
        void U32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);
        void I64(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(at), value);
        void Segment(int index, uint type, int offset, int size)
        {
            var at = HeaderSize + index * SegmentSize;
            U32(at, type);
            U32(at + 4, ReadWrite); // The loader itself writes into the dynamic table.
            I64(at + 8, offset);
            I64(at + 16, offset);
            I64(at + 24, offset);
            I64(at + 32, size);
            I64(at + 40, size);
            I64(at + 48, type == PtLoad ? LargestPage : 8);
        }

        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(image, 0);
        U16(16, 3); // A shared object.
        U16(18, machine);
        U32(20, 1);
        I64(32, HeaderSize);
        U16(52, HeaderSize);
        U16(54, SegmentSize);
        U16(56, 3);

        Segment(0, PtLoad, 0, image.Length);
        Segment(1, PtDynamic, dynamic, entries.Length * DynamicSize);
        Segment(2, PtGnuStack, 0, 0); // Without it the loader would make the stacks executable.

        // The symbol behind the empty first one: a global function at an absolute address.
        var entry = symbols + SymbolSize;
        U32(entry, (uint)Place(symbol));
        image[entry + 4] = 0x12;
        U16(entry + 6, 0xfff1);
        I64(entry + 8, address);

        // A hash table of one bucket: its list is the one symbol.
        U32(hash, 1);
        U32(hash + 4, 2);
        U32(hash + 8, 1);

        Encoding.ASCII.GetBytes(strings).CopyTo(image, text);
        for (var i = 0; i < entries.Length; i++)
        {
            I64(dynamic + i * DynamicSize, entries[i].Tag);
            I64(dynamic + i * DynamicSize + 8, entries[i].Value);
        }

        return image;
    }
}
