using MicroWorld.Evaluation;
using MicroWorld.Training;
using TorchSharp;
using ZsMlc.MicroModels;
using ZsMlc.Torch.Diffusion;

namespace MicroWorld;

/// <summary>What the program can do.</summary>
internal static class Commands
{
    private const string Usage = """
        MicroWorld train clip [--tower resnet|vit] [--gpu N] [--steps N] [--until N] [--seed N] [--threads N] [--work folder]
        MicroWorld train vae|unet [--steps N] [--until N] [--corpus N] [--seed N] [--threads N] [--work folder]
            Trains a micro model; stop it at any time and start it again to go on.
        MicroWorld export [clip|diffusion] [--tower resnet|vit] [--work folder] [--out folder]
            Writes the trained models into the package's source folder.
        MicroWorld gates [--scenes N] [--images N] [--guidance g] [--guidance-start share] [--guidance-end share] [--clip folder] [--diffusion folder]
            Prints the figures that a bundle must reach.
        MicroWorld evaluate [sealed] [--size pixels] [--only "part of a name"] [--seeds N] [--pool N] [--clip folder] [--diffusion folder] [--work folder]
            Prints the ablation table of the method on the micro world; with "sealed" that of the sealed test set as well.
        MicroWorld tuning [--seed N] [--seeds N] [--steps N] [--rate R] [--images N] [--clip folder] [--diffusion folder]
            Prints what tuning the text encoder gains on prompts and seeds that it never saw.
        MicroWorld grid [--out samples.png] [--guidance g] [--guidance-start share] [--guidance-end share] [--diffusion folder]
            Draws generated pictures, first seeds, nothing picked.
        MicroWorld preview [--out world.png]
            Draws some pictures of the web corpus and of the labelled set.

        --threads N limits the threads; --world 2 is a pilot of a larger world, with 17 unseen and 42 seen labels and up to six objects a picture.
        """;

    public static int Run(Arguments arguments)
    {
        switch (arguments.Words)
        {
            case ["train", "clip"]:
                torch.manual_seed(arguments.Number("seed", 1));
                using (var clip = ClipTraining.CreateModel(arguments.Tower))
                {
                    new ClipTraining(ClipOptions(arguments)).Run(clip);
                }

                return 0;
            case ["train", "vae"]:
                torch.manual_seed(arguments.Number("seed", 1));
                using (var vae = VaeTraining.CreateModel())
                {
                    new VaeTraining(Options(arguments, "vae", 1800, 2e-3)).Run(vae);
                }

                return 0;
            case ["train", "unet"]:
                TrainUnet(arguments);
                return 0;
            case ["export"]:
                ExportClip(arguments);
                ExportDiffusion(arguments);
                return 0;
            case ["export", "clip"]:
                ExportClip(arguments);
                return 0;
            case ["export", "diffusion"]:
                ExportDiffusion(arguments);
                return 0;
            case ["gates"]:
                Gates.Print(
                    arguments.Text("clip", ZeroShotModels.Micro.Clip), arguments.Text("diffusion", ZeroShotModels.Micro.Diffusion),
                    Sampling(arguments), arguments.Number("scenes", 400), arguments.Number("images", 160));
                return 0;
            case ["evaluate"] or ["evaluate", "sealed"]:
                new Ablation(new AblationOptions
                {
                    Clip = arguments.Text("clip", ZeroShotModels.Micro.Clip),
                    Diffusion = arguments.Text("diffusion", ZeroShotModels.Micro.Diffusion),
                    Work = arguments.Work,
                    Size = arguments.Number("size", 0) is > 0 and var size ? size : null,
                    Only = arguments.Text("only", ""),
                    Sealed = arguments.Words.Contains("sealed"),
                    PoolSize = arguments.Number("pool", 1280),
                    Seeds = [.. Enumerable.Range(1, arguments.Number("seeds", 3))],
                }).Print();
                return 0;
            case ["tuning"]:
                var recipe = AblationOptions.DefaultTuning;
                new TuningGain(
                    arguments.Text("clip", ZeroShotModels.Micro.Clip), arguments.Text("diffusion", ZeroShotModels.Micro.Diffusion), arguments.Number("images", 400),
                    recipe with { Iterations = arguments.Number("steps", recipe.Iterations), LearningRate = arguments.Decimal("rate", recipe.LearningRate) })
                    .Print(arguments.Number("seed", 1), arguments.Number("seeds", 3));
                return 0;
            case ["grid"]:
                using (var pipeline = StableDiffusionPipeline.FromPretrained(arguments.Text("diffusion", ZeroShotModels.Micro.Diffusion)))
                {
                    Generation.Grid(pipeline, Sampling(arguments), arguments.Text("out", Path.Combine("samples", "MicroWorld", "samples.png")));
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

    private static void TrainUnet(Arguments arguments)
    {
        torch.manual_seed(arguments.Number("seed", 1));
        using var clip = ClipTraining.CreateModel();
        using var vae = VaeTraining.CreateModel();
        Export.Vae(Path.Combine(arguments.Work, "vae.checkpoint"), vae);
        using var unet = UnetTraining.CreateUnet();
        using var text = UnetTraining.CreateTextEncoder(clip.Tokenizer);
        new UnetTraining(Options(arguments, "unet", 6500, 1.2e-3)).Run(vae, unet, text, clip.Tokenizer);
    }

    private static void ExportClip(Arguments arguments) =>
        Export.Clip(arguments.Tower, Path.Combine(arguments.Work, $"{ClipName(arguments.Tower)}.checkpoint"), Path.Combine(BundleFolder(arguments), ClipName(arguments.Tower)));

    /// <summary>A transformer needs gentler steps than a ResNet, and comes slower to them: at the ResNet's rate it forgets the pictures.</summary>
    private static TrainingOptions ClipOptions(Arguments arguments) => arguments.Tower == MicroTower.ViT
        ? Options(arguments, ClipName(arguments.Tower), 9000, 5e-4) with { WarmUp = 400 }
        : Options(arguments, ClipName(arguments.Tower), 9000, 1.5e-3, until: 4250);

    private static string ClipName(MicroTower tower) => tower == MicroTower.ViT ? "clip-vit" : "clip";

    private static void ExportDiffusion(Arguments arguments) => Export.Diffusion(
        Path.Combine(arguments.Work, "vae.checkpoint"), Path.Combine(arguments.Work, "unet.checkpoint"), Path.Combine(BundleFolder(arguments), "diffusion"));

    private static GenerationOptions Sampling(Arguments arguments) => Generation.Sampling with
    {
        GuidanceScale = arguments.Decimal("guidance", Generation.Sampling.GuidanceScale),
        GuidanceStart = arguments.Decimal("guidance-start", Generation.Sampling.GuidanceStart),
        GuidanceEnd = arguments.Decimal("guidance-end", Generation.Sampling.GuidanceEnd),
    };

    private static string BundleFolder(Arguments arguments) =>
        arguments.Text("out", Path.Combine("src", "ZsMlc.MicroModels", "Bundle"));

    private static TrainingOptions Options(Arguments arguments, string name, int steps, double rate, int until = int.MaxValue) => new()
    {
        Until = arguments.Number("until", until),
        Steps = arguments.Number("steps", steps),
        Seed = arguments.Number("seed", 1),
        CorpusSize = arguments.Number("corpus", 40_000),
        PeakRate = rate,
        Device = arguments.Device,
        Checkpoint = Path.Combine(arguments.Work, $"{name}.checkpoint"),
    };
}
