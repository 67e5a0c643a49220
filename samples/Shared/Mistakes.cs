namespace ZsMlc.Samples;

/// <summary>Tells what the user can mend, and is told in a sentence, from faults of the program, which need a stack trace.</summary>
internal static class Mistakes
{
    /// <summary>Whether an exception speaks of an argument, a file, the network or what is installed.</summary>
    public static bool IsOne(Exception error) =>
        error is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or InvalidDataException or FormatException
            or NotSupportedException or DllNotFoundException or HttpRequestException;
}
