namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Prompts from files of the published layout; lines that miss a label are left out and another source fills the gap.</summary>
internal sealed class FilePromptSource : PromptSource
{
    // Files are written or chosen by a person: a short line is a choice, not a fault.
    private const int MinimumWords = 3;

    private readonly string folder;
    private readonly PromptSource otherwise;

    public FilePromptSource(string folder, PromptSource otherwise)
    {
        this.folder = Directory.Exists(folder)
            ? folder
            : throw new DirectoryNotFoundException($"Prompt files: the folder '{folder}' does not exist.");
        this.otherwise = otherwise;
    }

    public override string Identity => $"files/1 {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))}, else {otherwise.Identity}";

    public override async Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default)
    {
        var path = PromptFiles.Find(folder, request.Labels, request.Names);
        var checker = new PromptChecker(request.Labels, request.Names, MinimumWords);
        var lines = path is null ? [] : PromptFiles.Read(path);
        var good = lines.Where(line => checker.Check(line) == PromptFault.None).ToList();
        var rejected = lines.Count - good.Count;
        if (good.Count > 0)
        {
            // Fewer prompts than asked for are no gap: the file is the user's whole choice for this set.
            return new PromptBatch([.. good.Take(request.Count)], 0, rejected, []);
        }

        var filled = await otherwise.GetAsync(request, cancellationToken);
        var reason = path is null
            ? $"there is no file '{PromptFiles.FileName(request.Labels)}' in '{folder}'"
            : $"no line of '{path}' names every label";
        return filled with
        {
            FromTemplates = otherwise is TemplatePromptSource ? filled.Prompts.Count : filled.FromTemplates,
            Rejected = filled.Rejected + rejected,
            Warnings = [$"Prompts for '{string.Join(" + ", request.Labels)}' come from {otherwise.Identity}: {reason}.", .. filled.Warnings],
        };
    }
}
