using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ZsMlc.DeviceCheck.Harness;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>Does this libtorch have every symbol that TorchSharp's bridge imports? Asked before the bridge is loaded, which a missing one would end.</summary>
internal sealed class Symbols : ICheckStep
{
    private const uint DynamicSymbols = 11;
    private const int HeaderSize = 64, SymbolSize = 24;

    /// <summary>Of the C++ library since GCC 13; the bridge is adapted to older ones.</summary>
    private const string Adapted = "_ZSt21ios_base_library_initv";

    public string Number => "1";

    public string Title => "symbols of the bridge";

    public IEnumerable<Finding> Run(CheckOptions options)
    {
        var lib = Environment.GetEnvironmentVariable("ZSMLC_LIBTORCH") ?? throw new InvalidOperationException("ZSMLC_LIBTORCH is not set; expected the lib folder of a libtorch.");
        string[] names = [Path.Combine(lib, "libc10.so"), Path.Combine(lib, "libtorch_cpu.so"), Path.Combine(lib, "libtorch.so"), "libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "libc.so.6"];
        var libraries = names.Select(NativeLibrary.Load).ToList();
        var imported = Imported(File.ReadAllBytes(Bridge())).ToList();
        var torch = imported.Where(n => n.StartsWith("_ZN", StringComparison.Ordinal) || n.StartsWith("_ZNK", StringComparison.Ordinal)).ToList();
        var missing = imported.Where(n => n != Adapted && !libraries.Any(l => NativeLibrary.TryGetExport(l, n, out _))).ToList();
        yield return new("imported", imported.Count, "symbols", Note: $"{torch.Count} of C++ classes and name spaces");
        yield return new("missing", missing.Count, "symbols", 0, string.Join(", ", missing.Take(5)));
    }

    /// <summary>Beside the published program; a build keeps it in a folder of its platform.</summary>
    private static string Bridge() => new[] { ".", "runtimes/linux-x64/native" }
        .Select(f => Path.Combine(AppContext.BaseDirectory, f, "libLibTorchSharp.so")).First(File.Exists);

    /// <summary>Names that a 64-bit ELF file needs from others; weak ones may be missing.</summary>
    private static IEnumerable<string> Imported(byte[] elf)
    {
        ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(at));
        uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(at));
        int Section(int index) => (int)U64(40) + index * HeaderSize;
        var table = Enumerable.Range(0, BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(60))).Select(Section).Single(s => U32(s + 4) == DynamicSymbols);
        var strings = (int)U64(Section((int)U32(table + 40)) + 24);
        for (var at = (int)U64(table + 24); at < (int)(U64(table + 24) + U64(table + 32)); at += SymbolSize)
        {
            var weak = elf[at + 4] >> 4 == 2;
            if (BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(at + 6)) == 0 && U32(at) != 0 && !weak)
            {
                var name = elf.AsSpan(strings + (int)U32(at));
                yield return Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
            }
        }
    }
}
