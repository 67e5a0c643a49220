using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies a managed assembly and sets, in the copy, the access flags of internal types, methods and fields to public.
/// Only bytes of the metadata tables TypeDef, Field and MethodDef change (ECMA-335, II.22 and II.24), so that the
/// assembly keeps its identity.
/// </summary>
/// <remarks>Compiled by MSBuild during the build, against .NET Standard 2.0; not part of the library.</remarks>
public sealed class WritePublicReference : Task
{
    private const int Module = 0x00, TypeRef = 0x01, TypeDef = 0x02, FieldPtr = 0x03, Field = 0x04, MethodPtr = 0x05, MethodDef = 0x06, Param = 0x08, ModuleRef = 0x1A, TypeSpec = 0x1B, AssemblyRef = 0x23;

    private byte[] _bytes;
    private int _strings;
    private int _stringIndexSize;

    [Required]
    public string Source { get; set; }

    [Required]
    public string Target { get; set; }

    public override bool Execute()
    {
        _bytes = File.ReadAllBytes(Source);
        Publicize();

        // Several builds may run at once: write beside the target and swap.
        Directory.CreateDirectory(Path.GetDirectoryName(Target));
        var temporary = Target + "." + Guid.NewGuid().ToString("n") + ".tmp";
        File.WriteAllBytes(temporary, _bytes);
        try
        {
            File.Delete(Target);
            File.Move(temporary, Target);
        }
        catch (IOException) when (File.Exists(Target))
        {
            File.Delete(temporary);
        }

        return true;
    }

    private void Publicize()
    {
        var metadata = FindMetadata();
        int tables = 0;
        var header = metadata + 16 + I32(metadata + 12);
        var streams = U16(header + 2);
        var at = header + 4;
        for (var i = 0; i < streams; i++)
        {
            var start = metadata + I32(at);
            var name = Text(at + 8);
            at += 8 + ((name.Length + 4) & ~3);
            if (name == "#~")
            {
                tables = start;
            }
            else if (name == "#Strings")
            {
                _strings = start;
            }
        }

        if (tables == 0 || _strings == 0)
        {
            throw new InvalidDataException(Source + ": no metadata tables.");
        }

        var valid = BitConverter.ToUInt64(_bytes, tables + 8);
        var rows = new int[64];
        at = tables + 24;
        for (var t = 0; t < 64; t++)
        {
            if ((valid & (1UL << t)) != 0)
            {
                rows[t] = I32(at);
                at += 4;
            }
        }

        int heaps = _bytes[tables + 6];
        int str = _stringIndexSize = (heaps & 1) != 0 ? 4 : 2, guid = (heaps & 2) != 0 ? 4 : 2, blob = (heaps & 4) != 0 ? 4 : 2;
        Func<int, int> index = t => rows[t] > 0xFFFF ? 4 : 2;
        int resolutionScope = Coded(rows, Module, ModuleRef, AssemblyRef, TypeRef), typeDefOrRef = Coded(rows, TypeDef, TypeRef, TypeSpec);

        at += rows[Module] * (2 + str + 3 * guid);
        at += rows[TypeRef] * (resolutionScope + 2 * str);
        for (var i = 0; i < rows[TypeDef]; i++, at += 4 + 2 * str + typeDefOrRef + index(Field) + index(MethodDef))
        {
            PublicizeType(at);
        }

        at += rows[FieldPtr] * index(Field);
        for (var i = 0; i < rows[Field]; i++, at += 2 + str + blob)
        {
            PublicizeMember(at);
        }

        at += rows[MethodPtr] * index(MethodDef);
        for (var i = 0; i < rows[MethodDef]; i++, at += 8 + str + blob + index(Param))
        {
            PublicizeMember(at + 6);
        }
    }

    private void PublicizeType(int row)
    {
        // Polyfills of framework types must not compete with the framework's own.
        var space = Text(_strings + (_stringIndexSize == 4 ? I32(row + 4 + 4) : U16(row + 4 + 2)));
        if (space.StartsWith("System", StringComparison.Ordinal) || space.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal))
        {
            return;
        }

        var access = _bytes[row] & 7;
        if (access == 0)
        {
            _bytes[row] |= 1;
        }
        else if (access == 5 || access == 6)
        {
            _bytes[row] = (byte)((_bytes[row] & ~7) | 2);
        }
    }

    private void PublicizeMember(int flags)
    {
        var access = _bytes[flags] & 7;
        if (access == 2 || access == 3)
        {
            _bytes[flags] = (byte)((_bytes[flags] & ~7) | 6);
        }
    }

    private int FindMetadata()
    {
        var pe = I32(0x3C);
        var sections = U16(pe + 6);
        var optional = pe + 24;
        var directories = optional + (U16(optional) == 0x20B ? 112 : 96);
        var table = optional + U16(pe + 20);
        Func<int, int> offset = rva =>
        {
            for (var s = table; s < table + sections * 40; s += 40)
            {
                if (rva >= I32(s + 12) && rva < I32(s + 12) + I32(s + 16))
                {
                    return rva - I32(s + 12) + I32(s + 20);
                }
            }

            throw new InvalidDataException(Source + ": not a managed assembly.");
        };
        var cli = offset(I32(directories + 14 * 8));
        return offset(I32(cli + 8));
    }

    private static int Coded(int[] rows, params int[] tables)
    {
        var most = 0;
        foreach (var t in tables)
        {
            most = Math.Max(most, rows[t]);
        }

        // Both kinds of index keep two bits for the table.
        return most > 0x3FFF ? 4 : 2;
    }

    private string Text(int at)
    {
        var end = Array.IndexOf(_bytes, (byte)0, at);
        return Encoding.UTF8.GetString(_bytes, at, end - at);
    }

    private int I32(int at)
    {
        return BitConverter.ToInt32(_bytes, at);
    }

    private int U16(int at)
    {
        return BitConverter.ToUInt16(_bytes, at);
    }
}
