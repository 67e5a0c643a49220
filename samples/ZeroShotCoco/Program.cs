using System.CommandLine;
using ZsMlc.Samples.ZeroShotCoco;
using ZsMlc.Samples.ZeroShotCoco.Commands;

return await ZeroShotCocoProgram.RunAsync(args);

namespace ZsMlc.Samples.ZeroShotCoco
{
    /// <summary>The program, callable from a test.</summary>
    public static class ZeroShotCocoProgram
    {
        /// <returns>1 when a check of `doctor` failed, else one of <see cref="ExitCode"/>.</returns>
        public static Task<int> RunAsync(string[] args)
        {
            var root = new RootCommand("Zero-shot multi-label classification of COCO or NUS-WIDE: tag labels that no training photo shows.")
            {
                DoctorCommand.Create(), SplitCommand.Create(), SplitNusCommand.Create(), PromptsCommand.Create(), TuneCommand.Create(),
                GenerateCommand.Create(), TrainCommand.Create(), EvaluateCommand.Create(), CostCommand.Create(),
            };
            return ResumableProgram.RunAsync(root, args);
        }
    }
}
