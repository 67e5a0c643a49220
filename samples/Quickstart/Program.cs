using System.CommandLine;
using ZsMlc.MicroModels;
using ZsMlc.Samples.LocalModel;
using ZsMlc.Samples.Quickstart;

return await QuickstartProgram.RunAsync(args);

namespace ZsMlc.Samples.Quickstart
{
    /// <summary>The command line; <see cref="Job"/> is what to read first.</summary>
    public static class QuickstartProgram
    {
        /// <returns>One of <see cref="ExitCode"/>.</returns>
        public static Task<int> RunAsync(string[] args)
        {
            var labels = new Option<string[]>("--labels")
            {
                Description = $"Labels to learn without photos, any of the micro world's: {string.Join(", ", ZeroShotModels.Micro.Unseen)} (the default), {string.Join(", ", ZeroShotModels.Micro.Seen)}.",
                DefaultValueFactory = _ => [.. ZeroShotModels.Micro.Unseen], AllowMultipleArgumentsPerToken = true,
            };
            var images = Number("--images-per-label", "Accepted pictures to generate for each of these labels.", 60);
            var epochs = Number("--epochs", "Epochs of training.", 5);
            var photos = Number("--photos", "The most training photos and the most test photos to use.", 1200);
            var seed = new Option<int>("--seed") { Description = "The seed of everything random.", DefaultValueFactory = _ => 7 };
            var gpu = new Option<int?>("--gpu") { Description = "Index of the GPU; the CPU without it. A GPU that does not exist is an error." };
            var output = new Option<DirectoryInfo>("--out")
            {
                Description = "Where tagger.zip, report.html and the generated pictures go. Running again uses the pictures that are there.",
                DefaultValueFactory = _ => new DirectoryInfo("out"),
            };
            var server = new Option<string?>("--server")
            {
                Description = "An OpenAI-compatible chat server that writes the prompts, such as http://localhost:11434/v1; without it, sentences that the micro models know well.",
            };
            var model = new Option<string>("--model") { Description = "The server's model.", DefaultValueFactory = _ => "gpt-4o-mini" };
            var key = new Option<string>("--key-variable") { Description = "The environment variable that holds the server's key.", DefaultValueFactory = _ => "OPENAI_API_KEY" };

            var clip = new Option<string?>("--clip") { Description = "Another CLIP for the classifier to stand on, a folder or file: any ResNet or vision transformer. The judge stays." };
            var llm = new Option<FileInfo?>("--llm") { Description = "A language model in a GGUF file, run here on the CPU, in place of a server." };

            var root = new RootCommand("The whole method on embedded micro models: from labelled photos to a tagger that knows labels no photo shows.")
            {
                labels, images, epochs, photos, seed, gpu, output, server, model, key, llm, clip,
            };
            root.SetAction(async (result, cancellationToken) =>
            {
                var options = new QuickstartOptions
                {
                    Labels = result.GetValue(labels)!,
                    ImagesPerLabel = result.GetValue(images),
                    Epochs = result.GetValue(epochs),
                    Photos = result.GetValue(photos),
                    Seed = result.GetValue(seed),
                    Gpu = result.GetValue(gpu),
                    Output = result.GetValue(output)!.FullName,
                    Clip = result.GetValue(clip),
                    Prompts = result.GetValue(llm) is { } file ? LocalModelPrompts.Create(file.FullName)
                        : result.GetValue(server) is { } address ? ChatServerPrompts.Create(address, result.GetValue(model)!, result.GetValue(key)!)
                        : new MicroPrompts(),
                };
                await Task.Run(() => QuickstartRun.Run(options, cancellationToken), cancellationToken);
                return 0;
            });
            return ResumableProgram.RunAsync(root, args);
        }

        private static Option<int> Number(string name, string description, int standard)
        {
            var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                {
                    result.AddError($"{name} must be 1 or more.");
                }
            });
            return option;
        }
    }
}
