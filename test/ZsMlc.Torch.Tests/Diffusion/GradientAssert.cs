using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.TextEncoder;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>Compares the gradients of a network's parameters with golden ones.</summary>
internal static class GradientAssert
{
    /// <summary>Compares every golden tensor named prefix + parameter. Key biases have a gradient of exactly zero in theory: absolutely.</summary>
    public static void Parameters(nn.Module module, SafetensorsFile golden, string prefix, double limit)
    {
        var compared = 0;
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (golden.Names.Contains(prefix + name))
            {
                compared++;
                using var expected = golden.Read(prefix + name);
                if (name.EndsWith("k_proj.bias", StringComparison.Ordinal))
                {
                    Golden.AssertClose(expected, parameter.grad!, 0, 1e-4, name);
                }
                else
                {
                    Golden.AssertL2(expected, parameter.grad!, limit, name);
                }
            }
        }

        Assert.IsGreaterThan(0, compared, $"no golden gradient begins with {prefix}");
    }

    /// <summary>Compares the rows of the token embedding's gradient that are not zero, where they are given.</summary>
    public static void TokenRows(ClipTextEncoder encoder, SafetensorsFile golden, string prefix, double limit)
    {
        if (!golden.Names.Contains(prefix + "token_embedding.rows"))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var rows = golden.Read(prefix + "token_embedding.rows");
        var gradient = encoder.text_model.embeddings.token_embedding.weight!.grad!;
        Golden.AssertL2(golden.Read(prefix + "token_embedding.row_grads"), gradient.index_select(0, rows), limit, "token embedding");
        Assert.AreEqual(gradient.abs().sum().item<float>(), gradient.index_select(0, rows).abs().sum().item<float>(), 1e-4f * gradient.abs().sum().item<float>(), "other rows");
    }

    /// <summary>Compares the norm of every parameter's gradient.</summary>
    public static void Norms(nn.Module module, string path, double limit, string section = "")
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = section.Length == 0 ? document.RootElement : section.Split('/').Aggregate(document.RootElement, (e, key) => e.GetProperty(key));
        var compared = 0;
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (!root.TryGetProperty(name, out var norm))
            {
                continue;
            }

            compared++;
            if (norm.ValueKind == JsonValueKind.Null)
            {
                Assert.IsNull(parameter.grad, name);
            }
            else if (!name.EndsWith("k_proj.bias", StringComparison.Ordinal))
            {
                var expected = norm.GetDouble();
                Assert.AreEqual(expected, parameter.grad!.norm().item<float>(), limit * expected + 1e-7, name);
            }
        }

        Assert.IsGreaterThan(0, compared, $"{path} names no parameter of the module");
    }
}
