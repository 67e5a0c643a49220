using ZsMlc.MicroModels.World;

namespace MicroWorld;

/// <summary>Sheets of the micro world's pictures.</summary>
internal static class Previews
{
    public static void Draw(string path)
    {
        var sheet = new Sheet(12, SceneRenderer.PictureSide, zoom: 3);
        var corpus = new WebCorpus(1);
        for (var i = 0; i < 60; i++)
        {
            sheet.Add(SceneRenderer.Render(corpus[i].Scene), corpus[i].Caption);
        }

        for (var i = 0; i < 36; i++)
        {
            var scene = TargetSet.Picture(TargetSplit.Test, i);
            sheet.Add(SceneRenderer.Render(scene), string.Join(", ", scene.Labels));
        }

        sheet.Save(path);
    }
}
