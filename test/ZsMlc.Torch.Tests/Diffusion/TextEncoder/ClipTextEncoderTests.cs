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

    [TestMethod]
    [DataRow("text_encoder")]
    [DataRow("text_encoder_2")]
    public void Encode_EncodersOfSdxl_HaveTheReferencesStatesAndPooledText(string part)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenModels.Open("tiny-sdxl", part + ".safetensors");
        using var encoder = GoldenModels.TextEncoder("tiny-sdxl", part: part);
        foreach (var prefix in new[] { "", "short." })
        {
            var ids = golden.Read(prefix + "input_ids");
            var (final, hidden) = encoder.Encode(ids);
            Golden.AssertL2(golden.Read(prefix + "penultimate"), hidden[^2], Limit, prefix + "penultimate");
            if (golden.Names.Contains(prefix + "text_embeds"))
            {
                Golden.AssertL2(golden.Read(prefix + "text_embeds"), encoder.Pool(final, ids, encoder.Config.VocabSize - 1), Limit, prefix + "text_embeds");
            }
        }

        var (last, states) = encoder.Encode(golden.Read("input_ids"));
        Golden.AssertL2(golden.Read("last_hidden_state"), last, Limit, "last_hidden_state");
        for (var i = 0; i < states.Count; i++)
        {
            Golden.AssertL2(golden.Read($"hidden_states.{i}"), states[i], Limit, $"hidden_states.{i}");
        }

        Assert.AreEqual(part == "text_encoder_2", encoder.Config.HasProjection);
    }

    [TestMethod]
    [DataRow("text_encoder")]
    [DataRow("text_encoder_2")]
    public void Backward_EncodersOfSdxl_HaveTheReferencesGradients(string part)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenModels.Open("tiny-sdxl", part + ".safetensors");
        using var encoder = GoldenModels.TextEncoder("tiny-sdxl", part: part);
        var ids = golden.Read("input_ids");
        var (final, hidden) = encoder.Encode(ids);
        var terms = (hidden[^2] * golden.Read("grad.cotangent")).flatten();
        if (encoder.Config.HasProjection)
        {
            terms = cat([terms, (encoder.Pool(final, ids, encoder.Config.VocabSize - 1) * golden.Read("grad.pooled_cotangent")).flatten()]);
        }

        var loss = terms.sum();
        loss.backward();

        Golden.AssertClose(golden.Read("grad.loss"), loss, 0, Limit * terms.norm().item<float>(), "loss");
        GradientAssert.TokenRows(encoder, golden, "grad.", Limit);
        GradientAssert.Parameters(encoder, golden, "grad.", Limit);
        GradientAssert.Norms(encoder, GoldenModels.PathOf("tiny-sdxl", part + ".gradnorms.json"), Limit);
    }

    [TestMethod]
    public void Pool_SeveralEndTokens_TakesTheFirst()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var encoder = GoldenModels.TextEncoder("tiny-sdxl", part: "text_encoder_2");
        var final = arange(5, dtype: ScalarType.Float32).view(1, 5, 1).expand(1, 5, encoder.Config.HiddenSize);
        var pooled = encoder.Pool(final, tensor(new long[,] { { 998, 999, 7, 999, 999 } }), 7);
        Golden.AssertL2(encoder.text_projection!.forward(final[TensorIndex.Colon, 2]), pooled, 1e-6, "an end token below others");
        Golden.AssertL2(encoder.text_projection!.forward(final[TensorIndex.Colon, 1]), encoder.Pool(final, tensor(new long[,] { { 998, 999, 7, 999, 999 } }), 999), 1e-6, "the first of several");
    }

    [TestMethod]
    public void Pool_WithoutProjection_Throws()
    {
        using var encoder = GoldenModels.TextEncoder("tiny-sdxl");
        using var scope = NewDisposeScope();
        Assert.ThrowsExactly<InvalidOperationException>(() => encoder.Pool(zeros(1, 2, 32), zeros(1, 2, dtype: ScalarType.Int64), 0));
    }
}
