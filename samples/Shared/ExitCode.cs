namespace ZsMlc.Samples;

/// <summary>What an exit code tells whoever started the program, a scheduler above all.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A mistake of the caller: the same command would fail again.</summary>
    public const int WrongUse = 2;

    /// <summary>The same command may succeed later, and goes on from where this one came to. EX_TEMPFAIL of sysexits.h.</summary>
    public const int TryAgain = 75;

    /// <summary>Stopped from outside; the same command goes on. What shells say of a program that Ctrl+C ended.</summary>
    public const int Cancelled = 130;
}
