namespace ZsMlc.MicroModels.World;

[TestClass]
public sealed class WorldTests
{
    [TestMethod]
    public void WebCorpus_SameSeed_SamePicturesAndCaptions()
    {
        var (first, second) = (new WebCorpus(5), new WebCorpus(5));
        for (var i = 0; i < 20; i++)
        {
            Assert.AreEqual(first[i].Caption, second[i].Caption);
            CollectionAssert.AreEqual(SceneRenderer.Render(first[i].Scene), SceneRenderer.Render(second[i].Scene));
        }
    }

    [TestMethod]
    public void WebCorpus_OtherSeed_OtherPictures() =>
        CollectionAssert.AreNotEqual(SceneRenderer.Render(new WebCorpus(5)[0].Scene), SceneRenderer.Render(new WebCorpus(6)[0].Scene));

    [TestMethod]
    public void WebCorpus_Captions_NameOnlyObjectsOfThePicture()
    {
        var corpus = new WebCorpus(7);
        for (var i = 0; i < 200; i++)
        {
            var picture = corpus[i];
            Assert.IsTrue(picture.Describes(picture), picture.Caption);
            foreach (var name in picture.Named)
            {
                Assert.Contains(name, picture.Caption);
            }
        }
    }

    [TestMethod]
    public void WebCorpus_MaxAngle_TurnsTheSameScenesLess()
    {
        var (usual, upright) = (new WebCorpus(8), new WebCorpus(8) { MaxAngle = Scene.MaxAngle / 4 });
        for (var i = 0; i < 50; i++)
        {
            Assert.AreEqual(usual[i].Caption, upright[i].Caption);
            foreach (var (full, less) in usual[i].Scene.Objects.Zip(upright[i].Scene.Objects))
            {
                Assert.AreEqual(full.Angle / 4, less.Angle, 1e-6);
                Assert.AreEqual(full with { Angle = less.Angle }, less);
            }
        }
    }

    [TestMethod]
    public void WebCorpus_Mirrored_OnlyTurnsTheSameDrawingsRound()
    {
        var (usual, none) = (new WebCorpus(8), new WebCorpus(8) { Mirrored = 0 });
        var mirrored = 0;
        for (var i = 0; i < 50; i++)
        {
            foreach (var (drawn, published) in usual[i].Scene.Objects.Zip(none[i].Scene.Objects))
            {
                Assert.AreEqual(drawn with { Mirrored = false }, published);
                mirrored += drawn.Mirrored ? 1 : 0;
            }
        }

        Assert.IsGreaterThan(20, mirrored);
    }

    [TestMethod]
    [DataRow(TargetSplit.Train)]
    [DataRow(TargetSplit.Validation)]
    public void TargetSet_TrainAndValidation_ShowOnlySeenLabels(object split)
    {
        for (var i = 0; i < 200; i++)
        {
            foreach (var label in TargetSet.Picture((TargetSplit)split, i).Labels)
            {
                Assert.Contains(label, WorldLabels.Seen);
            }
        }
    }

    [TestMethod]
    public void TargetSet_Test_ShowsEveryLabelInOneStyle()
    {
        var scenes = Enumerable.Range(0, 300).Select(i => TargetSet.Picture(TargetSplit.Test, i)).ToList();
        CollectionAssert.AreEquivalent(WorldLabels.All, scenes.SelectMany(s => s.Labels).Distinct().ToList());
        Assert.IsTrue(scenes.All(s => s.Objects.All(o => o.Style == WorldStyle.Photo)));
        Assert.IsTrue(scenes.All(s => s.Objects.Count > 1));
    }

    [TestMethod]
    public void Sprites_EveryLabel_IsDrawnInAtLeastThreeStylesAndInThePhotoStyle()
    {
        foreach (var label in WorldLabels.All)
        {
            Assert.IsTrue(Sprites.Has(label, WorldStyle.Photo), label);
            Assert.IsGreaterThanOrEqualTo(3, WorldStyles.All.Count(s => Sprites.Has(label, s)), label);
            Assert.IsGreaterThan(300, Sprites.Find(label, WorldStyle.Photo)!.Levels[0].Where((_, i) => i % 4 == 3).Count(a => a > 200), label);
        }
    }

    [TestMethod]
    public void Render_LaterObject_CoversTheEarlier()
    {
        var random = new WorldRandom(3);
        var scene = Scene.Compose(ref random, ["orange"], WorldStyle.Photo);
        var orange = scene.Objects[0] with { X = 0.5f, Y = 0.5f, Size = 0.9f, Angle = 0 };
        var apple = orange with { Label = "apple" };
        var covered = SceneRenderer.Render(scene with { Objects = [orange, apple] });
        var alone = SceneRenderer.Render(scene with { Objects = [apple] });
        var centre = (16 * SceneRenderer.PictureSide + 16) * 3;
        CollectionAssert.AreEqual(alone[centre..(centre + 3)], covered[centre..(centre + 3)]);
    }
}
