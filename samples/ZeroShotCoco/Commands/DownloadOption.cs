using System.CommandLine;
using ZsMlc.Torch.Hub;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>The option that lets a command fetch the checkpoints which are named as on the hub; without it nothing comes from the network.</summary>
internal sealed class DownloadOption : Option<bool>
{
    public DownloadOption()
        : base("--download") => Description = "Fetch checkpoints that are named as on the Hugging Face hub (org/name or org/name@revision) and not cached yet.";

    /// <summary>Fetches what is missing, if that was asked for.</summary>
    public async Task FetchAsync(ParseResult result, CancellationToken cancellationToken, params string?[] checkpoints)
    {
        if (result.GetValue(this))
        {
            foreach (var name in checkpoints.Where(c => c is not null && SharedOptions.IsHubName(c)).Distinct())
            {
                var folder = await ModelHub.ResolveAsync(name!, allowDownload: true, progress: new DownloadLines(Console.Out, name!), cancellationToken: cancellationToken);
                Console.WriteLine($"{name} is in {folder}");
            }
        }
    }
}
