using System.Text;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Tests.Diffusion;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Checkpoints;

/// <summary>
/// Files with random damage, the same in every run: each is either read or refused with an exception that names it;
/// nothing else happens, and never an allocation of what a damaged header claims.
/// </summary>
[TestClass]
public sealed class DamagedFilesTests
{
    private static readonly string[] s_bad = ["-1", "1e308", "99999999999999999999", "null", "true", "\"x\"", "[]", "{}", "0.5", "[null]", "2147483647"];

    [TestMethod]
    public void SafetensorsFile_RandomDamage_IsReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = folder["a.safetensors"];
        SafetensorsWriter.Write(path, [new("weight", arange(12).reshape(3, 4)), new("half", ones(5, ScalarType.Float16)), new("flag", ones(3, ScalarType.Bool))], new Dictionary<string, string> { ["format"] = "pt" });
        var refused = Damage(File.ReadAllBytes(path), 600, headerBytes: 300, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            using var inner = NewDisposeScope();
            using var file = SafetensorsFile.Open(path);
            foreach (var name in file.Names)
            {
                Assert.AreEqual(file.Info(name).Count, file.Read(name).NumberOfElements);
            }
        });
        Assert.IsGreaterThan(200, refused);
    }

    [TestMethod]
    public void ShardIndex_RandomDamage_IsReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["one.safetensors"], [new("a", ones(2))]);
        var path = folder["model.safetensors.index.json"];
        var refused = Damage("""{"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors"}}"""u8.ToArray(), 400, 200, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            using var checkpoint = Checkpoint.Open(folder.Path);
            _ = checkpoint.Names.Select(checkpoint.Info).ToList();
        });
        Assert.IsGreaterThan(200, refused);
    }

    [TestMethod]
    [DataRow("unet/config.json")]
    [DataRow("vae/config.json")]
    [DataRow("text_encoder/config.json")]
    [DataRow("scheduler/scheduler_config.json")]
    [DataRow("tokenizer/special_tokens_map.json")]
    public void DiffusionConfig_EveryValueReplaced_IsReadOrRefused(string file)
    {
        using var folder = new TemporaryFolder();
        using (var pipeline = TinyPipeline.Create())
        {
            pipeline.Save(folder.Path);

            // Without a vocabulary the built-in one serves, which is read once.
            File.Delete(folder["tokenizer/vocab.json"]);
        }

        EveryValue(folder[file], () => StableDiffusionPipeline.FromPretrained(folder.Path).Dispose());
    }

    [TestMethod]
    public void ClipConfig_EveryValueReplaced_IsReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        using (var clip = new ClipModel(new(8, ClipVisionConfig.ResNet(32, 8, [1, 1, 1, 1], heads: 4), new(12, 49408, 8, 2, 1))))
        {
            clip.Save(folder.Path);
            File.Delete(folder["vocab.json"]);
        }

        EveryValue(folder["open_clip_config.json"], () => ClipModel.FromPretrained(folder.Path).Dispose());
    }

    [TestMethod]
    public void TorchScriptArchive_RandomDamage_IsReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder["a.pt"];
        Damage(File.ReadAllBytes(Golden.PathOf("clip", "vit.pt")), 25, headerBytes: null, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            using var scope = NewDisposeScope();
            using var checkpoint = Checkpoint.Open(path);
            _ = checkpoint.Names.Select(checkpoint.Read).ToList();
        });
    }

    /// <summary>Puts every unfitting value in the place of every value of a JSON file.</summary>
    private static void EveryValue(string path, Action read)
    {
        var whole = File.ReadAllText(path);
        using var document = System.Text.Json.JsonDocument.Parse(whole);
        var values = new List<string>();
        void Walk(System.Text.Json.JsonElement element, string at)
        {
            values.Add(at);
            if (element.ValueKind == System.Text.Json.JsonValueKind.Object)
            {
                element.EnumerateObject().ToList().ForEach(p => Walk(p.Value, $"{at}/{p.Name}"));
            }
        }

        Walk(document.RootElement, "");
        var refused = 0;
        foreach (var at in values)
        {
            foreach (var bad in s_bad)
            {
                var node = System.Text.Json.Nodes.JsonNode.Parse(whole)!;
                var value = System.Text.Json.Nodes.JsonNode.Parse(bad);
                if (at.Length == 0)
                {
                    File.WriteAllText(path, bad);
                }
                else
                {
                    var keys = at[1..].Split('/');
                    var parent = keys[..^1].Aggregate(node, (n, key) => n[key]!);
                    parent[keys[^1]] = value;
                    File.WriteAllText(path, node.ToJsonString());
                }

                refused += Refused(read, $"{at} = {bad}");
            }
        }

        File.WriteAllText(path, whole);
        read();
        Assert.IsGreaterThan(s_bad.Length / 2, refused);
    }

    /// <summary>Changes, inserts, removes and cuts; returns how many files were refused.</summary>
    private static int Damage(byte[] whole, int times, int? headerBytes, Action<byte[]> read)
    {
        var random = new Random(11);
        var refused = 0;
        for (var i = 0; i < times; i++)
        {
            var bytes = whole.ToList();
            for (var k = random.Next(1, 4); k > 0; k--)
            {
                var place = random.Next(Math.Min(headerBytes ?? bytes.Count, bytes.Count));
                switch (random.Next(5))
                {
                    case 0:
                        bytes[place] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes[place] ^= (byte)(1 << random.Next(8));
                        break;
                    case 2:
                        bytes.RemoveRange(place, Math.Min(random.Next(1, 9), bytes.Count - place));
                        break;
                    case 3:
                        bytes.InsertRange(place, Encoding.ASCII.GetBytes(s_bad[random.Next(s_bad.Length)]));
                        break;
                    default:
                        bytes.RemoveRange(place, bytes.Count - place);
                        break;
                }

                if (bytes.Count == 0)
                {
                    break;
                }
            }

            refused += Refused(() => read([.. bytes]), $"damage {i}");
        }

        return refused;
    }

    private static int Refused(Action read, string what)
    {
        try
        {
            read();
            return 0;
        }
        catch (Exception e) when (e is CheckpointFormatException or CheckpointMismatchException or NotSupportedException or FileNotFoundException or ArgumentException)
        {
            Assert.IsFalse(e is ArgumentNullException, $"{what}: {e}");
            return 1;
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}");
            return 0;
        }
    }
}
