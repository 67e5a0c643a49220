using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.TextEncoder;

[TestClass]
public sealed class ClipTextEncoderTests
{
    private const double Limit = 5e-6;

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    public void Encode_GoldenIds_HasTheReferencesStates(string model)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = Golden.Open("sd", model + "-golden", "text_encoder.safetensors");
        using var encoder = GoldenModels.TextEncoder(model);
        var (final, hidden) = encoder.Encode(golden.Read("input_ids"));
        Golden.AssertL2(golden.Read("last_hidden_state"), final, Limit, "last_hidden_state");
        for (var i = 0; i < hidden.Count; i++)
        {
            Golden.AssertL2(golden.Read($"hidden_states.{i}"), hidden[i], Limit, $"hidden_states.{i}");
        }

        Assert.AreEqual(hidden.Count, golden.Names.Count(n => n.StartsWith("hidden_states.", StringComparison.Ordinal)));
        var ends = golden.Read("input_ids").argmax(-1);
        Golden.AssertL2(golden.Read("pooler_output"), final[arange(ends.shape[0]), ends], Limit, "pooler_output");
        Golden.AssertL2(golden.Read("penultimate_final_layer_norm"), encoder.FinalNorm(hidden[^2]), Limit, "penultimate");
        if (golden.Names.Contains("short.input_ids"))
        {
            Golden.AssertL2(golden.Read("short.last_hidden_state"), encoder.forward(golden.Read("short.input_ids")), Limit, "short");
        }

        if (golden.Names.Contains("masked.attention_mask"))
        {
            Golden.AssertL2(golden.Read("masked.last_hidden_state"), encoder.Encode(golden.Read("input_ids"), golden.Read("masked.attention_mask")).Final, Limit, "masked");
        }
    }

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    public void Backward_GoldenCotangent_HasTheReferencesGradients(string model)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("sd", model + "-golden", "text_encoder.safetensors");
        using var encoder = GoldenModels.TextEncoder(model);
        var terms = encoder.forward(golden.Read("input_ids")) * golden.Read("grad.cotangent");
        var loss = terms.sum();
        loss.backward();

        // Terms of both signs: the rounding is that of their sizes, not that of what is left of them.
        Golden.AssertClose(golden.Read("grad.loss"), loss, 0, Limit * terms.norm().item<float>(), "loss");
        GradientAssert.TokenRows(encoder, golden, "grad.", Limit);
        GradientAssert.Parameters(encoder, golden, "grad.", Limit);
        GradientAssert.Norms(encoder, Golden.PathOf("sd", model + "-golden", "text_encoder.gradnorms.json"), Limit);
    }
}
