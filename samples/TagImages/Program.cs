using System.CommandLine;
using Microsoft.Extensions.Hosting;
using ZsMlc.Samples.TagImages;
using ZsMlc.Samples.TagImages.Web;

return await TagImagesProgram.RunAsync(args);

namespace ZsMlc.Samples.TagImages
{
    /// <summary>The command line.</summary>
    public static class TagImagesProgram
    {
        private const long Million = 1_000_000;

        /// <returns>One of <see cref="ExitCode"/>.</returns>
        public static Task<int> RunAsync(string[] args)
        {
            var model = new Argument<FileInfo>("model") { Description = "The saved model, for example out/tagger.zip." };
            var gpu = new Option<int?>("--gpu") { Description = "Index of the GPU; without it, or without that GPU, the CPU." };
            var (top, threshold) = TagOptions();
            var megapixels = new Option<int>("--max-megapixels") { Description = "The largest picture, in millions of pixels.", DefaultValueFactory = _ => 64 };

            var url = new Option<string>("--url")
            {
                Description = "Where to listen. The default answers this machine only.", DefaultValueFactory = _ => "http://127.0.0.1:5080",
            };
            var megabytes = new Option<int>("--max-megabytes") { Description = "The largest upload.", DefaultValueFactory = _ => 10 };
            var serve = new Command("serve", "Serve a web page: drop a photo, see its tags.") { model, url, megabytes, megapixels, top, threshold, gpu };
            serve.SetAction(async (result, cancellationToken) =>
            {
                var file = result.GetValue(model)!;
                if (!file.Exists)
                {
                    await Console.Error.WriteLineAsync($"There is no model {file.FullName}.");
                    return 2;
                }

                using var tagger = new Tagger(file.FullName, result.GetValue(gpu));
                var options = new TagServerOptions
                {
                    Url = result.GetValue(url)!, MaximumUpload = result.GetValue(megabytes) * 1024L * 1024, MaximumPixels = result.GetValue(megapixels) * Million,
                    Top = result.GetValue(top), Threshold = result.GetValue(threshold),
                };
                await using var server = TagServer.Create(tagger, options);
                await server.StartAsync(cancellationToken);
                await server.WaitForShutdownAsync(cancellationToken);
                return 0;
            });

            return ResumableProgram.RunAsync(new RootCommand("Tags pictures with a saved zero-shot multi-label model.") { FolderCommand.Create(), MergeCommand.Create(), serve }, args);
        }

        /// <summary>Which labels become tags.</summary>
        internal static (Option<int> Top, Option<float?> Threshold) TagOptions() => (
            new("--top") { Description = "The most tags of a picture.", DefaultValueFactory = _ => 5 },
            new("--threshold") { Description = "The least probability of a tag, 0 to 1; by default each label's own, which the model carries." });
    }
}
