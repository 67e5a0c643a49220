// A coverage-guided fuzzer's other half: ZsMlc.Fuzz TARGET reads inputs from AFL++, ZsMlc.Fuzz seeds FOLDER writes the
// inputs to start from, one folder a target, and ZsMlc.Fuzz TARGET FILE repeats a finding. ../fuzz.sh runs it all.
using SharpFuzz;
using ZsMlc.Fuzz;
using ZsMlc.Torch.Runtime;

if (args is ["seeds", var folder])
{
    foreach (var seeded in FuzzTarget.All)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, seeded.Name)).FullName;
        for (var i = 0; i < seeded.Seeds.Count; i++)
        {
            File.WriteAllBytes(Path.Combine(place, $"seed-{i}"), seeded.Seeds[i]);
        }
    }

    return 0;
}

if (args.Length is not (1 or 2) || FuzzTarget.All.FirstOrDefault(t => t.Name == args[0]) is not { } target)
{
    Console.Error.WriteLine($"usage: ZsMlc.Fuzz seeds FOLDER | TARGET | TARGET FILE, with a target of {string.Join(", ", FuzzTarget.All.Select(t => t.Name))}");
    return 2;
}

TorchRuntime.EnsureLoaded();
if (args.Length == 2)
{
    target.Run(File.ReadAllBytes(args[1]));
    Console.WriteLine("read or refused as documented");
    return 0;
}

Fuzzer.Run(stream =>
{
    using var bytes = new MemoryStream();
    stream.CopyTo(bytes);
    target.Run(bytes.ToArray());
});
return 0;
