namespace ZsMlc.Samples.Tests;

/// <summary>Runs a sample's entry point and keeps what it prints.</summary>
internal static class Programs
{
    public static async Task<(int Code, string Output)> RunAsync(Func<string[], Task<int>> program, params string[] args)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var text = new StringWriter();
        Console.SetOut(text);
        Console.SetError(text);
        try
        {
            return (await program(args), text.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
