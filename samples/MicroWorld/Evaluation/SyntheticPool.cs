using MicroWorld.Training;
using ZsMlc.MicroModels.World;
using ZsMlc.Torch.Diffusion;

namespace MicroWorld.Evaluation;

/// <summary>Generated pictures of the unseen labels, kept in a file so that every run of the evaluation sees the same ones.</summary>
internal static class SyntheticPool
{
    private const int Bytes = SceneRenderer.PictureSide * SceneRenderer.PictureSide * 3;

    /// <summary>Picture i depends on i alone: odd ones show two labels, even ones one.</summary>
    public static List<Example> Load(StableDiffusionPipeline pipeline, string path, int count)
    {
        var named = Enumerable.Range(0, count).Select(Labels).ToList();
        if (!IsComplete(path, count))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var file = File.Create(path + ".tmp"))
            {
                for (var start = 0; start < count; start += 64)
                {
                    var prompts = named.Skip(start).Take(64).Select(Generation.Prompt).ToList();
                    foreach (var image in Generation.Run(pipeline, prompts, seed: 500_000 + start))
                    {
                        file.Write(image.Pixels);
                    }

                    Console.Error.Write($"\rgenerated {Math.Min(start + 64, count)} of {count} ");
                }
            }

            Console.Error.WriteLine();
            File.Move(path + ".tmp", path, overwrite: true);
        }

        var bytes = File.ReadAllBytes(path);
        return [.. named.Select((n, i) => new Example(bytes[(i * Bytes)..((i + 1) * Bytes)], n, Annotated.Unseen))];
    }

    /// <summary>What a perfect generator would paint: scenes with the same labels, drawn as the photos are.</summary>
    public static List<Example> Drawn(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i =>
        {
            var random = new WorldRandom(31_338, (ulong)i);
            return Example.Of(Scene.Compose(ref random, Labels(i), WorldStyle.Photo), Annotated.Unseen);
        }),
    ];

    /// <summary>Whether the file holds that many pictures.</summary>
    public static bool IsComplete(string path, int count) => File.Exists(path) && new FileInfo(path).Length == (long)count * Bytes;

    /// <summary>The pictures that the filter keeps.</summary>
    public static List<Example> Filter(Judge judge, IReadOnlyList<Example> pool)
    {
        var kept = new List<Example>();
        foreach (var part in pool.Chunk(200))
        {
            using var pictures = TrainingRows.Pictures(part);
            var decisions = judge.Keeps(pictures, [.. part.Select(e => e.Labels)]);
            kept.AddRange(part.Where((_, i) => decisions[i]));
        }

        return kept;
    }

    /// <summary>
    /// Draws half of the pictures from those of one object and half from those of two: a filter drops more of the latter,
    /// and a comparison with unfiltered pictures would otherwise compare two mixes as well.
    /// </summary>
    /// <param name="pool">Where to draw from.</param>
    /// <param name="count">Number of pictures, even.</param>
    /// <param name="seed">Decides which.</param>
    /// <exception cref="ArgumentException">The pool has too few pictures of one or of two objects.</exception>
    public static IReadOnlyList<Example> Choose(IReadOnlyList<Example> pool, int count, int seed) =>
        [.. Choose(pool, objects: 1, count / 2, seed), .. Choose(pool, objects: 2, count / 2, seed)];

    /// <summary>The labels of picture i: one for even i, two for odd.</summary>
    public static IReadOnlyList<string> Labels(int index)
    {
        var random = new WorldRandom(31_337, (ulong)index);
        var order = WorldLabels.Unseen.ToArray();
        random.Shuffle(order.AsSpan());
        return order[..(1 + index % 2)];
    }

    private static IEnumerable<Example> Choose(IReadOnlyList<Example> pool, int objects, int count, int seed)
    {
        var candidates = pool.Where(e => e.Labels.Count == objects).ToArray();
        if (candidates.Length < count)
        {
            throw new ArgumentException($"The pool has {candidates.Length} pictures with {objects} label(s), and {count} are asked for: generate more pictures or train on fewer.", nameof(pool));
        }

        new Random(seed).Shuffle(candidates);
        return candidates.Take(count);
    }
}
