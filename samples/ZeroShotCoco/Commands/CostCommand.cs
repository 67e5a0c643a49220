using System.CommandLine;
using System.Globalization;
using ZsMlc.Samples.ZeroShotCoco.Doctor;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>GPU-hours and money of generation for the two data sets of the paper: its recipe against ours.</summary>
internal static class CostCommand
{
    /// <summary>Pictures made for one that is accepted, as the published filter needs.</summary>
    private const double Attempts = 2;

    /// <summary>Labels a picture shows on average: one or two.</summary>
    private const double LabelsPerPicture = 1.5;

    private static readonly (string Name, int Unseen)[] s_sets = [("COCO 48/17", 17), ("NUS-WIDE 925/81", 81)];

    public static Command Create()
    {
        var seconds = new Option<double?>("--seconds") { Description = "Seconds of a picture of 20 guided steps, batches included, as the device check or doctor measured it." };
        var diffusion = new Option<string?>("--diffusion") { Description = "Measure those seconds here, on this Stable Diffusion folder, its name on the Hugging Face hub, or 'micro'." };
        var download = new DownloadOption();
        var gpu = SharedOptions.Gpu();
        var price = new Option<double>("--price") { Description = "Price of a GPU-hour, in any currency.", DefaultValueFactory = _ => 2.5 };
        var command = new Command("cost", "GPU-hours and money of generation for COCO 48/17 and NUS-WIDE 925/81: the published recipe against the default one.") { seconds, diffusion, download, gpu, price };
        command.SetAction(async (result, cancellationToken) =>
        {
            await download.FetchAsync(result, cancellationToken, result.GetValue(diffusion));
            return Print(
                result.GetValue(seconds) ?? Measure(result.GetValue(diffusion) ?? throw new UsageException("Give --seconds, or --diffusion to measure them."), result.GetValue(gpu)),
                result.GetValue(price));
        });
        return command;
    }

    private static double Measure(string path, int? gpu) =>
        ModelCheck.Diffusion(SharedOptions.Resolve(path, m => m.Diffusion), TorchDevice.Select(gpu, fallbackToCpu: false), Recipe.Default.Steps, Recipe.Default.Guidance).Seconds;

    private static int Print(double seconds, double price)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###} s a picture of {Recipe.Default.Steps} steps; {Attempts:0} attempts a picture; a GPU-hour costs {price:0.##}"));
        Console.WriteLine($"{"",-18}{"pictures",10}{"published",22}{"default",22}");
        foreach (var (name, unseen) in s_sets)
        {
            Console.WriteLine($"{name,-18}{Pictures(unseen, Recipe.Default),10}{Cell(unseen, Recipe.Published),22}{Cell(unseen, Recipe.Default),22}");
        }

        return 0;

        string Cell(int unseen, Recipe recipe)
        {
            var hours = Pictures(unseen, recipe) * Attempts * seconds * recipe.Steps / Recipe.Default.Steps / 3600;
            return string.Create(CultureInfo.InvariantCulture, $"{hours:0.0} h, {hours * price:0.00}");
        }
    }

    private static int Pictures(int unseen, Recipe recipe) => (int)(unseen * recipe.ImagesPerLabel / LabelsPerPicture);
}
