using System.Runtime.InteropServices;

namespace ZsMlc.Samples;

/// <summary>Tells what the user can mend, and is told in a sentence, from faults of the program, which need a stack trace.</summary>
internal static class Mistakes
{
    /// <summary>Whether an exception speaks of an argument, a file, the network, what is installed, or the device (libtorch's own errors are of the last kind).</summary>
    public static bool IsOne(Exception error) =>
        error is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or InvalidDataException or FormatException
            or NotSupportedException or DllNotFoundException or HttpRequestException or ExternalException;

    /// <summary>The exit code of one: whether the same command may succeed later.</summary>
    public static int CodeOf(Exception error) => error switch
    {
        HttpRequestException { StatusCode: null or >= System.Net.HttpStatusCode.InternalServerError } => ExitCode.TryAgain,

        // The disk is full or the file system does not answer. Derived exceptions say that a file is missing or damaged.
        IOException when error.GetType() == typeof(IOException) => ExitCode.TryAgain,
        _ => ExitCode.WrongUse,
    };
}
