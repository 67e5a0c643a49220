using System.CommandLine;

namespace ZsMlc.Samples;

/// <summary>Runs a command line whose work can be cancelled and goes on when it is started again.</summary>
internal static class ResumableProgram
{
    /// <returns>The command's result, or one of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        try
        {
            var command = root.Parse(args);
            var code = await command.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(25), // a batch of pictures is finished and recorded
            });
            return command.Errors.Count > 0 ? ExitCode.WrongUse : code;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Cancelled. The same command goes on from here.");
            return ExitCode.Cancelled;
        }
        catch (Exception error) when (Mistakes.IsOne(error))
        {
            await Console.Error.WriteLineAsync(error.Message);
            return Mistakes.CodeOf(error);
        }
    }
}
