using System.CommandLine;

namespace ZsMlc.Samples;

/// <summary>Runs a command line whose work can be cancelled and goes on when it is started again.</summary>
internal static class ResumableProgram
{
    /// <returns>The command's result, 2 for a mistake of the caller, 130 when cancelled.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(25), // a batch of pictures is finished and recorded
            });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Cancelled. The same command goes on from here.");
            return 130;
        }
        catch (Exception error) when (Mistakes.IsOne(error))
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 2;
        }
    }
}
