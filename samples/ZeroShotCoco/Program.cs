using System.CommandLine;
using ZsMlc.Samples.ZeroShotCoco;
using ZsMlc.Samples.ZeroShotCoco.Commands;

return await ZeroShotCocoProgram.RunAsync(args);

namespace ZsMlc.Samples.ZeroShotCoco
{
    /// <summary>The program, callable from a test.</summary>
    public static class ZeroShotCocoProgram
    {
        /// <returns>0 when all went well, 1 when a check failed, 2 for a mistake of the caller, 130 when cancelled.</returns>
        public static async Task<int> RunAsync(string[] args)
        {
            var root = new RootCommand("Zero-shot multi-label classification of COCO or NUS-WIDE: tag labels that no training photo shows.")
            {
                DoctorCommand.Create(), SplitCommand.Create(), SplitNusCommand.Create(), PromptsCommand.Create(), TuneCommand.Create(),
                GenerateCommand.Create(), TrainCommand.Create(), EvaluateCommand.Create(),
            };
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
            catch (Exception error) when (error is UsageException or InvalidDataException or InvalidOperationException or IOException or ArgumentException or FormatException)
            {
                await Console.Error.WriteLineAsync(error.Message);
                return 2;
            }
        }
    }
}
