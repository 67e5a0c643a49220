using System.Globalization;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.SyntheticData.Plan;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>
/// Paints and judges tiny images from nothing but the wishes. An image depends on the whole group that it is painted in, as
/// rounding does in networks, so that a group put together otherwise shows in the bytes.
/// </summary>
internal sealed class Painter : ISlotGenerator
{
    public const int Side = 12;

    /// <summary>Milliseconds that a group takes.</summary>
    public int Pause { get; init; }

    /// <summary>Whether images are painted one by one, none knowing of the others, as services do.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Told of each group before it is painted.</summary>
    public Action<IReadOnlyList<SlotAttempt>>? Started { get; init; }

    /// <summary>The wishes fulfilled so far.</summary>
    public List<SlotAttempt> Painted { get; } = [];

    public bool DependsOnGroup => !IsAlone;

    public IEnumerable<IReadOnlyList<(int Index, SlotOutcome Outcome)>> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken) =>
        IsAlone ? group.Select((wish, i) => new[] { (i, PaintTogether([wish], cancellationToken)[0]) }) : [[.. PaintTogether(group, cancellationToken).Index()]];

    private SlotOutcome[] PaintTogether(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken)
    {
        Started?.Invoke(group);
        Thread.Sleep(Pause);
        cancellationToken.ThrowIfCancellationRequested();
        Painted.AddRange(group);
        var company = string.Join(';', group.Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Slot}/{g.Attempt}/{g.Seed}/{g.Prompt}")));
        return [.. group.Select(wish => Paint(wish, company))];
    }

    private static SlotOutcome Paint(SlotAttempt wish, string company)
    {
        var random = new SampleRandom(wish.Seed, wish.Prompt);
        var verdict = random.Next(10);
        float[] scores = [.. StoreJob.Labels.Select(label => (wish.Labels.Contains(label) ? 0.6f : 0) + random.Next(1000) / 3000f)];
        if (verdict == 0)
        {
            return new SlotOutcome(null, false, scores, []);
        }

        var noise = new SampleRandom(wish.Seed, company);
        var pixels = new byte[3 * Side * Side];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)noise.Next(256);
        }

        return new SlotOutcome(new RgbPixels(Side, Side, pixels), verdict > 3, scores, verdict > 8 ? ["animal"] : []);
    }
}
