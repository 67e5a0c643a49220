using System.CommandLine;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.Samples.LocalModel;
using ZsMlc.Samples.ZeroShotCoco.Data;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Writes the sentences to generate from, one file for each label and pair of labels. Existing files are kept, so it resumes.</summary>
internal static class PromptsCommand
{
    public static Command Create()
    {
        var work = SharedOptions.Work();
        var seed = SharedOptions.Seed();
        var server = new Option<string?>("--server") { Description = "An OpenAI-compatible server, such as http://localhost:11434/v1; the built-in templates without it." };
        var model = new Option<string>("--model") { Description = "The server's model.", DefaultValueFactory = _ => "gpt-4o-mini" };
        var key = new Option<string>("--key-variable") { Description = "The environment variable that holds the server's key.", DefaultValueFactory = _ => "OPENAI_API_KEY" };
        var llm = new Option<FileInfo?>("--llm") { Description = "A language model in a GGUF file, run here on the CPU, in place of a server." };
        var report = new Option<DirectoryInfo[]?>("--report")
        {
            Description = "Writes nothing, but prints how good and how diverse the prompts are: those of these folders, or of the working folder, beside templates.",
            Arity = ArgumentArity.ZeroOrMore, AllowMultipleArgumentsPerToken = true,
        };
        var each = new Option<int>("--each") { Description = "Prompts for each label set.", DefaultValueFactory = _ => 10 };
        var command = new Command("prompts", "Write prompt files, from a language model or from templates.") { work, server, model, key, llm, each, seed, report };
        command.SetAction((result, cancellationToken) =>
        {
            var workspace = new Workspace(result.GetValue(work)!.FullName);
            if (result.GetResult(report) is not null)
            {
                PromptReport.Print(result.GetValue(report) is { Length: > 0 } folders ? [.. folders.Select(f => f.FullName)] : [workspace.Prompts]);
                return Task.FromResult(0);
            }

            var source = result.GetValue(llm) is { } file ? LocalModelPrompts.Create(file.FullName)
                : result.GetValue(server) is { } address ? ChatServerPrompts.Create(address, result.GetValue(model)!, result.GetValue(key)!)
                : PromptSource.Templates();
            return RunAsync(workspace, source, result.GetValue(each), result.GetValue(seed), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Workspace work, PromptSource source, int each, int seed, CancellationToken cancellationToken)
    {
        var labels = LabelFile.Read(work.Require(work.Labels, "split")).Unseen;
        var sets = labels.Select(a => (IReadOnlyList<string>)[a])
            .Concat(labels.SelectMany((a, i) => labels.Skip(i + 1).Select(b => (IReadOnlyList<string>)[a, b]))).ToArray();
        var (written, templates) = (0, 0);
        foreach (var set in sets.Where(set => PromptFiles.Find(work.Prompts, set, LabelNames.Default) is null))
        {
            var answer = await source.GetAsync(new PromptRequest(set, each, LabelNames.Default, seed), cancellationToken);
            PromptFiles.Write(work.Prompts, set, answer.Prompts);
            foreach (var warning in answer.Warnings)
            {
                await Console.Error.WriteLineAsync(warning);
            }

            written++;
            templates += answer.FromTemplates;
        }

        Console.WriteLine($"{written} prompt files written to {work.Prompts}, {sets.Length - written} were there already; {templates} prompts fell back to templates");
        return 0;
    }
}
