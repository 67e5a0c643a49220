using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;

namespace ZsMlc.Torch.Tests.Diffusion.Configuration;

[TestClass]
public sealed class FixedSettingsTests
{
    // Who wrote a file and with what, how a network was initialised, and numbers of tokens that the tokenizer knows better.
    private static readonly HashSet<string> s_notes =
    [
        "_diffusers_version", "_name_or_path", "attention_dropout", "bos_token_id", "dtype", "eos_token_id", "initializer_factor", "initializer_range", "model_type",
        "pad_token_id", "transformers_version",
    ];

    [TestMethod]
    [DataRow("sd_sharded")]
    [DataRow("sdxl")]
    public void Check_EveryKeyOfAPublishedNetwork_IsObeyedOrRefusedByName(string model)
    {
        Published<UnetConfig>(model, "unet", [.. UnetConfig.Fixed], [.. UnetConfig.Idle], c => c.Validate());
        Published<AutoencoderConfig>(model, "vae", [.. AutoencoderConfig.Fixed], [.. AutoencoderConfig.Idle], c => c.Validate());
        Published<TextEncoderConfig>(model, "text_encoder", [.. TextEncoderConfig.Fixed], [], c => c.Validate());
    }

    private static void Published<T>(string model, string part, (string Name, string[] Values)[] known, (string Name, string[] Values)[] idle, Action<T> validate)
    {
        using var folder = new TemporaryFolder();
        T Read(JsonNode config)
        {
            File.WriteAllText(folder["config.json"], config.ToJsonString());
            return ConfigJson.Read<T>(folder["config.json"]);
        }

        var published = JsonNode.Parse(File.ReadAllText(Golden.PathOf("newest", model, part, "config.json")))!.AsObject();
        validate(Read(published));

        var named = typeof(T).GetProperties().Where(p => p.GetCustomAttribute<JsonExtensionDataAttribute>() is null).Select(p => p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name));
        var unknown = published.Select(p => p.Key).Except(named).Except(known.Select(k => k.Name)).Except(idle.Select(k => k.Name)).Except(s_notes).ToList();
        Assert.IsEmpty(unknown, $"{part}: {string.Join(", ", unknown)}");
        foreach (var (name, _) in known)
        {
            var other = published.DeepClone().AsObject();
            other[name] = name == "use_attention_mask" || published[name] is JsonValue value && value.GetValueKind() == JsonValueKind.False ? true : "another";
            StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => validate(Read(other)), name).Message, name);
        }
    }
}
