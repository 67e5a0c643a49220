using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// The header of a component in a model file, and the entries behind it: one JSON text and binary streams. Each carries
/// its SHA-256, which is compared before anything is made of it; those of version 0.1.0 carried none.
/// </summary>
/// <param name="signature">Eight ASCII letters that mark the component's data.</param>
/// <param name="loader">The name under which the component is registered, at most 24 characters.</param>
/// <param name="version">Version written; older readers refuse newer versions.</param>
internal sealed class ModelFormat(string signature, string loader, uint version = ModelFormat.WithChecksums)
{
    private const uint Oldest = 0x00010001, WithChecksums = 0x00010002;

    private static readonly JsonSerializerOptions s_strict = new() { RespectNullableAnnotations = true };

    /// <summary>Whether a header is that of this component.</summary>
    public bool IsOf(ModelLoadContext context) => context.Header.ModelSignature == Version().ModelSignature;

    /// <summary>Writes the header and, behind it, the component's settings.</summary>
    public void Write<T>(ModelSaveContext context, T settings)
    {
        context.CheckAtModel();
        context.SetVersionInfo(Version());
        var json = JsonSerializer.Serialize(settings);
        context.SaveString(json);
        context.Writer.Write(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
    }

    /// <summary>Checks the header and reads the settings.</summary>
    /// <param name="environment">Is told where the component has no checksums.</param>
    /// <param name="speaker">The public type that tells it.</param>
    /// <param name="component">The component.</param>
    /// <param name="check">Throws an <see cref="ArgumentException"/> where no component has such settings.</param>
    /// <exception cref="FormatException">The component is of another type.</exception>
    /// <exception cref="CheckpointFormatException">The settings are damaged, or of a newer version.</exception>
    public T Read<T>(IHostEnvironment environment, string speaker, StoredComponent component, Action<T> check)
    {
        var source = $"the settings of {loader} in the model file";
        if (component.Context.Header.ModelVerReadable > version)
        {
            throw new CheckpointFormatException(source, $"they are of version {component.Context.Header.ModelVerReadable:x8} of their format; this package reads {Oldest:x8} to {version:x8}. Take a newer version of the package.");
        }

        component.Context.CheckAtModel(Version());
        var json = component.Context.LoadString();
        if (component.Version < WithChecksums)
        {
            environment.Warning(speaker, $"The model file carries no checksums for {loader}, as version 0.1.0 wrote it, so that damage may go unnoticed. Save the model again to add them.");
        }
        else if (!SHA256.HashData(Encoding.UTF8.GetBytes(json)).AsSpan().SequenceEqual(component.Context.Reader.ReadBytes(SHA256.HashSizeInBytes)))
        {
            throw new CheckpointFormatException(source, "they are damaged: their SHA-256 is not the one they were written with.");
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            RefuseNulls(document.RootElement);
            var settings = document.Deserialize<T>(s_strict) ?? throw new JsonException("they are null.");
            check(settings);
            return settings;
        }
        catch (Exception e) when (e is JsonException or ArgumentException or FormatException)
        {
            throw new CheckpointFormatException(source, $"no component has them: {e.Message}", e);
        }
    }

    /// <summary>Writes a named binary stream beside the header, with its checksum behind it.</summary>
    public static void WriteStream(ModelSaveContext context, string name, Action<Stream> write) =>
        WriteSelfChecked(context, name, stream => SealedStream.Write(stream, write));

    /// <summary>Writes a named binary stream that carries a checksum of its own kind.</summary>
    public static void WriteSelfChecked(ModelSaveContext context, string name, Action<Stream> write) =>
        context.SaveBinaryStream(name, writer =>
        {
            writer.Flush();
            write(writer.BaseStream);
        });

    /// <summary>Reads a named binary stream to its end.</summary>
    /// <param name="component">The component.</param>
    /// <param name="name">Name of the stream.</param>
    /// <param name="read">Reads all of the stream before it makes anything of it.</param>
    /// <exception cref="CheckpointFormatException">The model file has no such stream, or it is damaged.</exception>
    public T ReadStream<T>(StoredComponent component, string name, Func<Stream, T> read) => component.Version < WithChecksums
        ? ReadSelfChecked(component, name, read)
        : ReadSelfChecked(component, name, stream =>
        {
            using var sealedStream = new SealedStream(stream, Source(name));
            var result = read(sealedStream);
            sealedStream.Complete();
            return result;
        });

    /// <summary>Reads a named binary stream that carries a checksum of its own kind.</summary>
    /// <exception cref="CheckpointFormatException">The model file has no such stream, or it is damaged.</exception>
    public T ReadSelfChecked<T>(StoredComponent component, string name, Func<Stream, T> read)
    {
        T result = default!;
        return component.TryRead(name, stream => result = read(stream))
            ? result
            : throw new CheckpointFormatException(Source(name), "it is missing.");
    }

    // The serializer compares members with their nullability, but not the elements of lists.
    private static void RefuseNulls(JsonElement element)
    {
        IEnumerable<JsonElement> parts = element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray(),
            JsonValueKind.Object => element.EnumerateObject().Select(p => p.Value),
            _ => [],
        };
        foreach (var part in parts)
        {
            if (part.ValueKind == JsonValueKind.Null && element.ValueKind == JsonValueKind.Array)
            {
                throw new JsonException("a list holds null.");
            }

            RefuseNulls(part);
        }
    }

    private string Source(string name) => $"the stream {name} of {loader} in the model file";

    // The simple name loads whatever version of the package the process has.
    private VersionInfo Version() => new(
        modelSignature: signature,
        verWrittenCur: version,
        verReadableCur: version,
        verWeCanReadBack: Oldest,
        loaderAssemblyName: typeof(ModelFormat).Assembly.GetName().Name,
        loaderSignature: loader);
}
