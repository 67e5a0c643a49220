using MicroWorld;
using ZsMlc.MicroModels.World;

var sheet = new Sheet(12, SceneRenderer.PictureSide, 3);
var corpus = new WebCorpus(1);
for (var i = 0; i < 60; i++)
{
    sheet.Add(SceneRenderer.Render(corpus[i].Scene), corpus[i].Caption);
}

for (var i = 0; i < 36; i++)
{
    var scene = TargetSet.Picture(TargetSplit.Test, i);
    sheet.Add(SceneRenderer.Render(scene), string.Join(',', scene.Labels));
}

sheet.Save("/tmp/micro/world.png");
var clock = System.Diagnostics.Stopwatch.StartNew();
for (var i = 0; i < 5000; i++)
{
    SceneRenderer.Render(corpus[i].Scene);
}

Console.WriteLine($"{clock.Elapsed.TotalMilliseconds / 5000} ms a scene");
