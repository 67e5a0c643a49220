using MicroWorld.Training;
using TorchSharp;

namespace MicroWorld;

/// <summary>What the program can do.</summary>
internal static class Commands
{
    private const string Usage = """
        MicroWorld train clip|vae|unet [--steps N] [--seed N] [--threads N] [--work folder]
            Trains a micro model; stop it at any time and start it again to go on.
        MicroWorld preview [--out world.png]
            Draws some pictures of the web corpus and of the labelled set.
        """;

    public static int Run(Arguments arguments)
    {
        switch (arguments.Words)
        {
            case ["train", "clip"]:
                torch.manual_seed(arguments.Number("seed", 1));
                using (var clip = ClipTraining.CreateModel())
                {
                    new ClipTraining(Options(arguments, "clip", 9000, 1.5e-3)).Run(clip);
                }

                return 0;
            case ["preview"]:
                Previews.Draw(arguments.Text("out", "world.png"));
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static TrainingOptions Options(Arguments arguments, string name, int steps, double rate) => new()
    {
        Steps = arguments.Number("steps", steps),
        Seed = arguments.Number("seed", 1),
        PeakRate = rate,
        Checkpoint = Path.Combine(arguments.Work, $"{name}.checkpoint"),
    };
}
