using Microsoft.ML;

namespace ZsMlc.MLNet.Interop;

/// <summary>A component in a model file: its header, and the binary streams beside it.</summary>
/// <param name="context">ML.NET's reader, at the component's header.</param>
/// <param name="tryRead">Hands a stream to an action, or returns false where there is none of this name.</param>
internal sealed class StoredComponent(ModelLoadContext context, Func<string, Action<Stream>, bool> tryRead)
{
    /// <summary>A component that ML.NET itself has opened.</summary>
    public StoredComponent(ModelLoadContext context)
        : this(context, (name, read) => context.TryLoadBinaryStream(name, reader => read(reader.BaseStream)))
    {
    }

    /// <summary>Gets ML.NET's reader.</summary>
    public ModelLoadContext Context => context;

    /// <summary>Gets the version of the format that the component was written in.</summary>
    public uint Version => context.Header.ModelVerWritten;

    /// <summary>Reads a stream.</summary>
    /// <returns>False where there is no stream of this name.</returns>
    public bool TryRead(string name, Action<Stream> read) => tryRead(name, read);
}
