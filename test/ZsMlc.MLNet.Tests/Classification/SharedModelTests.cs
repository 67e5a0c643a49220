using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MLNet.Interop;
using Photo = ZsMlc.MLNet.Classification.FusionMultiLabelTransformerTests.Photo;
using Tags = ZsMlc.MLNet.Classification.FusionMultiLabelTransformerTests.Tags;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Classification;

/// <summary>One model in the hands of several threads, one of which disposes it; trainings side by side.</summary>
[TestClass]
public sealed class SharedModelTests
{
    private static readonly MLContext s_ml = new(7);

    private static TinyWorld s_world = null!;
    private static IDataView s_photos = null!;
    private static string s_zip = null!;
    private static string[] s_expected = null!;

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        s_world = new();
        s_photos = s_world.Photos(s_ml, 6);
        s_zip = s_world.Folder["model.zip"];
        using var model = TinyWorld.Fit(s_ml, s_world.Options with { IncludeTextEncoder = true }, s_photos);
        s_ml.Model.Save(model, s_photos.Schema, s_zip);
        s_expected = Scores(model);
    }

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Dispose_EngineThatOwnsTheModel_OthersAreToldWhoDidItAndHowToKeepIt()
    {
        var model = Load();
        var view = model.Transform(s_photos);
        using var cursor = view.GetRowCursor(view.Schema);
        s_ml.Model.CreatePredictionEngine<Photo, Tags>(model).Dispose();

        foreach (var use in new Action[] { () => model.Transform(s_photos), () => Scores(model), () => cursor.MoveNext(), () => model.WithLabels(["red"]), () => s_ml.Model.Save(model, s_photos.Schema, new MemoryStream()) })
        {
            var e = Assert.ThrowsExactly<ObjectDisposedException>(use);
            Assert.AreEqual(nameof(FusionMultiLabelTransformer), e.ObjectName);
            Assert.Contains("PredictionEngine", e.Message);
            Assert.Contains($"called by {nameof(SharedModelTests)}", e.Message);
            Assert.Contains("OwnsTransformer = false", e.Message);
        }
    }

    [TestMethod]
    public void Dispose_EngineThatDoesNotOwnTheModel_LeavesItUsable()
    {
        using var model = Load();

        s_ml.Model.CreatePredictionEngine<Photo, Tags>(model, new PredictionEngineOptions { OwnsTransformer = false }).Dispose();

        CollectionAssert.AreEqual(s_expected, Scores(model));
    }

    [TestMethod]
    public void Dispose_CallRuns_WaitsForIt()
    {
        var model = Load();
        using MemoryStream whole = new();
        model.Classifier.Save(whole);
        using Gate gate = new();
        using GatedStream held = new(gate);
        var call = Task.Run(() => model.Classifier.Save(held));
        gate.WaitForGuest();

        var disposal = Disposal(model);
        Assert.IsFalse(disposal.Wait(30));
        gate.Open();

        Assert.IsTrue(Task.WaitAll([call, disposal], TimeSpan.FromSeconds(20)));
        CollectionAssert.AreEqual(whole.ToArray(), held.ToArray());
        Assert.ThrowsExactly<ObjectDisposedException>(() => Scores(model));
    }

    [TestMethod]
    public void Dispose_FromTheRowsThatAreScored_EndsThePass()
    {
        var model = Load();

        var rows = model.Transform(Rows(model.Dispose));

        Assert.ThrowsExactly<ObjectDisposedException>(() => TinyWorld.Scores(rows));
    }

    [TestMethod]
    public void Dispose_CursorOfAnotherThread_WaitsForTheRowThatIsRead()
    {
        using var model = Load();
        using Gate gate = new();
        var view = model.Transform(Rows(gate.Enter));
        var cursor = view.GetRowCursor([view.Schema["Score"]]);
        var reading = Task.Run(() => Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext()));
        gate.WaitForGuest();

        var disposal = Disposal(cursor);
        Assert.IsFalse(disposal.Wait(30));
        gate.Open();

        Assert.IsTrue(Task.WaitAll([reading, disposal], TimeSpan.FromSeconds(20)));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void WithLabels_EitherModelDisposedFirst_TheOtherScoresOn(bool fitted)
    {
        var model = fitted ? TinyWorld.Fit(s_ml, s_world.Options with { IncludeTextEncoder = true }, s_photos) : Load();
        var first = model.WithLabels(["purple", "green"]);
        var second = model.WithLabels(["purple", "green"]);
        var expected = Scores(first);

        model.Dispose();
        first.Dispose();
        var third = second.WithLabels(["purple", "green"]);
        second.Dispose();

        CollectionAssert.AreEqual(expected, Scores(third));
        third.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => Scores(third));
    }

    [TestMethod]
    public void Score_FirstUseByManyThreads_GivesTheSameBits()
    {
        using var loaded = Load();
        using var model = loaded.WithLabels(TinyWorld.Labels.All);
        using var other = loaded.WithLabels(["purple"]);
        var expected = Scores(model);
        using var fresh = loaded.WithLabels(TinyWorld.Labels.All);
        var found = new string[6][];

        Parallel.For(0, 12, i =>
        {
            if (i < 6)
            {
                found[i] = Scores(fresh);
            }
            else
            {
                // Models that share weights may compute in types of their own.
                other.Classifier.ComputeType = i % 2 == 0 ? ScalarType.Float64 : ScalarType.Float32;
                Scores(other);
            }
        });

        foreach (var scores in found)
        {
            CollectionAssert.AreEqual(expected, scores);
        }
    }

    [TestMethod]
    public void Dispose_WhileThreadsScoreTransformAndSave_EndsThemCleanly()
    {
        for (var round = 0; round < 12; round++)
        {
            var model = Load();
            var other = model.WithLabels(["purple", "green"]);
            var started = new CountdownEvent(4);
            var workers = Enumerable.Range(0, 4).Select(i => Task.Factory.StartNew(() => UntilDisposed(model, i, started), TaskCreationOptions.LongRunning)).ToArray();

            started.Wait();
            Thread.Sleep(round);
            model.Dispose();

            Assert.IsTrue(Task.WaitAll(workers, TimeSpan.FromSeconds(60)));
            Assert.HasCount(6, Scores(other));
            other.Dispose();
        }
    }

    [TestMethod]
    public void Fit_BesideAnotherFitAndScoring_GivesTheSameModelAsAlone()
    {
        using var scorer = Load();
        var options = s_world.Options with { HalfPrecision = false };
        string[] Fit(int seed)
        {
            using var model = TinyWorld.Fit(new MLContext(seed), options, s_photos);
            return Scores(model);
        }

        var alone = new[] { 1, 2 }.Select(Fit).ToArray();
        var beside = new string[4][];
        Parallel.For(0, 4, i => beside[i] = i < 2 ? Fit(1 + i) : [.. Enumerable.Repeat(0, 4).SelectMany(_ => Scores(scorer)).Distinct()]);

        CollectionAssert.AreNotEqual(alone[0], alone[1]);
        CollectionAssert.AreEqual(alone[0], beside[0]);
        CollectionAssert.AreEqual(alone[1], beside[1]);
        CollectionAssert.AreEquivalent(s_expected.Distinct().ToArray(), beside[2]);
    }

    [TestMethod]
    public void FitLoadAndScore_Generator_IsLeftToTheUser()
    {
        random.manual_seed(99);
        var (before, threads, type, device) = (State(), get_num_threads(), get_default_dtype(), get_default_device().ToString());

        using var model = TinyWorld.Fit(s_ml, s_world.Options with { IncludeTextEncoder = true }, s_photos);
        using var loaded = Load();
        using var other = loaded.WithLabels(["purple"]);
        Scores(other);

        CollectionAssert.AreEqual(before, State());
        Assert.AreEqual((threads, type, device), (get_num_threads(), get_default_dtype(), get_default_device().ToString()));
        Assert.IsTrue(is_grad_enabled());
    }

    private static FusionMultiLabelTransformer Load() => (FusionMultiLabelTransformer)s_ml.Model.Load(s_zip, out _);

    private static string[] Scores(FusionMultiLabelTransformer model) => [.. TinyWorld.Scores(model.Transform(s_photos)).Select(FusionMultiLabelTransformerTests.Bits)];

    private static byte[] State()
    {
        using var state = get_rng_state();
        return state.data<byte>().ToArray();
    }

    private static void UntilDisposed(FusionMultiLabelTransformer model, int kind, CountdownEvent started)
    {
        using var image = MLImage.CreateFromFile(s_photos.GetColumn<string>("ImagePath").First());
        using var engine = s_ml.Model.CreatePredictionEngine<Photo, Tags>(model, new PredictionEngineOptions { OwnsTransformer = false });
        started.Signal();
        while (true)
        {
            try
            {
                switch (kind)
                {
                    case 0 or 1:
                        engine.Predict(new Photo { Image = image });
                        break;
                    case 2:
                        CollectionAssert.AreEqual(s_expected, Scores(model));
                        break;
                    default:
                        s_ml.Model.Save(model, s_photos.Schema, new MemoryStream());
                        break;
                }
            }
            catch (ObjectDisposedException e)
            {
                Assert.AreEqual(nameof(FusionMultiLabelTransformer), e.ObjectName);
                return;
            }
        }
    }

    // One row, whose image does something while it is read.
    private static IndexedDataView Rows(Action reads) => new(1, [new IndexedColumn("Image", new ImageDataViewType(), index => (ValueGetter<MLImage>)((ref MLImage value) =>
    {
        reads();
        value = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, new byte[16]);
    }))]);

    /// <summary>Holds a call until it is opened.</summary>
    /// <summary>A disposal on a thread of its own, which the busy pool may start late; it has begun to wait, or ended, on return.</summary>
    private static Task Disposal(IDisposable disposed)
    {
        Thread? thread = null;
        var disposal = Task.Factory.StartNew(
            () =>
            {
                Volatile.Write(ref thread, Thread.CurrentThread);
                disposed.Dispose();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.IsTrue(SpinWait.SpinUntil(() => disposal.IsCompleted || Volatile.Read(ref thread)?.ThreadState.HasFlag(ThreadState.WaitSleepJoin) == true, TimeSpan.FromSeconds(20)));
        return disposal;
    }

    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _inside = new(), _open = new();

        public void Enter()
        {
            _inside.Set();
            _open.Wait();
        }

        public void WaitForGuest() => _inside.Wait();

        public void Open() => _open.Set();

        public void Dispose()
        {
            _inside.Dispose();
            _open.Dispose();
        }
    }

    private sealed class GatedStream(Gate gate) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            gate.Enter();
            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            gate.Enter();
            base.Write(buffer);
        }
    }
}
