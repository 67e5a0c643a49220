using ZsMlc.MicroModels.World;

namespace MicroWorld.Evaluation;

/// <summary>Scenes of unseen labels in the labelled set's style, and spoilt copies, to try a filter on.</summary>
internal sealed class ProbeScenes
{
    public ProbeScenes(int count, int objects)
    {
        for (var i = 0; i < count; i++)
        {
            var draw = new WorldRandom(555 + (ulong)objects, (ulong)i);
            var order = WorldLabels.Unseen.ToArray();
            draw.Shuffle(order.AsSpan());
            var scene = Scene.Compose(ref draw, order[..objects], WorldStyle.Photo);
            Perfect.Add(scene);
            Named.Add(order[..objects]);
            var other = i % 2 == 0 ? order[objects] : draw.Pick(WorldLabels.Seen);
            Replaced.Add(scene.WithLabel(draw.Below(objects), other));
        }
    }

    public List<Scene> Perfect { get; } = [];

    /// <summary>One object shows something else: another unseen label, or a seen one.</summary>
    public List<Scene> Replaced { get; } = [];

    /// <summary>What the perfect scenes show.</summary>
    public List<IReadOnlyList<string>> Named { get; } = [];
}
