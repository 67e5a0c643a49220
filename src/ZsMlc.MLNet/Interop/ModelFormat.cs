using System.Text.Json;
using Microsoft.ML;

namespace ZsMlc.MLNet.Interop;

/// <summary>The header of a component in a model file, and the entries behind it: one JSON text and binary streams.</summary>
/// <param name="signature">Eight ASCII letters that mark the component's data.</param>
/// <param name="loader">The name under which the component is registered, at most 24 characters.</param>
/// <param name="version">Version written; older readers refuse newer versions.</param>
internal sealed class ModelFormat(string signature, string loader, uint version = 0x00010001)
{
    private const uint Oldest = 0x00010001;

    /// <summary>Writes the header and, behind it, the component's settings.</summary>
    public void Write<T>(ModelSaveContext context, T settings)
    {
        context.CheckAtModel();
        context.SetVersionInfo(Version());
        context.SaveString(JsonSerializer.Serialize(settings));
    }

    /// <summary>Checks the header and reads the settings.</summary>
    /// <exception cref="FormatException">The component is of another type or of a newer version, or its settings are damaged.</exception>
    public T Read<T>(ModelLoadContext context)
    {
        context.CheckAtModel(Version());
        try
        {
            return JsonSerializer.Deserialize<T>(context.LoadString())
                ?? throw new FormatException($"The model file holds no settings for the component {loader}.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The settings of the component {loader} in the model file are damaged: {e.Message}", e);
        }
    }

    /// <summary>Writes a named binary stream beside the header.</summary>
    public static void WriteStream(ModelSaveContext context, string name, Action<Stream> write) =>
        context.SaveBinaryStream(name, writer =>
        {
            writer.Flush();
            write(writer.BaseStream);
        });

    /// <summary>Reads a named binary stream.</summary>
    /// <exception cref="FormatException">The model file has no such stream.</exception>
    public T ReadStream<T>(ModelLoadContext context, string name, Func<Stream, T> read)
    {
        T result = default!;
        return context.TryLoadBinaryStream(name, reader => result = read(reader.BaseStream))
            ? result
            : throw new FormatException($"The model file lacks the stream {name} of the component {loader}.");
    }

    // The simple name loads whatever version of the package the process has.
    private VersionInfo Version() => new(
        modelSignature: signature,
        verWrittenCur: version,
        verReadableCur: version,
        verWeCanReadBack: Oldest,
        loaderAssemblyName: typeof(ModelFormat).Assembly.GetName().Name,
        loaderSignature: loader);
}
