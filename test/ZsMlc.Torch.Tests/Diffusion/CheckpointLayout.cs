using System.Text.Json;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>
/// Every tensor of a published checkpoint by name and shape, written down from the checkpoint's <c>config.json</c> and the layout of its
/// files alone: it shares nothing with the networks that it is compared with.
/// </summary>
internal sealed class CheckpointLayout
{
    private readonly SortedDictionary<string, string> _tensors = new(StringComparer.Ordinal);

    private CheckpointLayout()
    {
    }

    /// <summary>A <c>UNet2DConditionModel</c>; blocks whose kind begins with CrossAttn have a transformer behind every residual block.</summary>
    public static IReadOnlyDictionary<string, string> Unet(JsonElement config)
    {
        var layout = new CheckpointLayout();
        var widths = Numbers(config, "block_out_channels");
        var (layers, context, linear) = (Number(config, "layers_per_block"), Number(config, "cross_attention_dim"), config.TryGetProperty("use_linear_projection", out var l) && l.GetBoolean());
        var time = 4 * widths[0];
        var depths = Depths(config, widths.Length);
        layout.Convolution("conv_in", Number(config, "in_channels"), widths[0], 3);
        layout.Linear("time_embedding.linear_1", widths[0], time);
        layout.Linear("time_embedding.linear_2", time, time);
        if (config.TryGetProperty("projection_class_embeddings_input_dim", out var added))
        {
            layout.Linear("add_embedding.linear_1", added.GetInt32(), time);
            layout.Linear("add_embedding.linear_2", time, time);
        }

        // What a block on the way down hands to the way up: its input, then every layer's output.
        var skips = new Stack<int>([widths[0]]);
        var width = widths[0];
        var kinds = Texts(config, "down_block_types");
        for (var b = 0; b < kinds.Length; b++)
        {
            for (var i = 0; i < layers; i++)
            {
                layout.Resnet($"down_blocks.{b}.resnets.{i}", width, width = widths[b], time);
                layout.Transformer(kinds[b], $"down_blocks.{b}.attentions.{i}", width, context, linear, depths[b]);
                skips.Push(width);
            }

            if (b + 1 < kinds.Length)
            {
                layout.Convolution($"down_blocks.{b}.downsamplers.0.conv", width, width, 3);
                skips.Push(width);
            }
        }

        layout.Resnet("mid_block.resnets.0", width, width, time);
        layout.Transformer("CrossAttn", "mid_block.attentions.0", width, context, linear, depths[^1]);
        layout.Resnet("mid_block.resnets.1", width, width, time);

        kinds = Texts(config, "up_block_types");
        for (var b = 0; b < kinds.Length; b++)
        {
            for (var i = 0; i <= layers; i++)
            {
                layout.Resnet($"up_blocks.{b}.resnets.{i}", width + skips.Pop(), width = widths[^(b + 1)], time);
                layout.Transformer(kinds[b], $"up_blocks.{b}.attentions.{i}", width, context, linear, depths[^(b + 1)]);
            }

            if (b + 1 < kinds.Length)
            {
                layout.Convolution($"up_blocks.{b}.upsamplers.0.conv", width, width, 3);
            }
        }

        layout.Norm("conv_norm_out", width);
        layout.Convolution("conv_out", width, Number(config, "out_channels"), 3);
        return layout._tensors;
    }

    /// <summary>An <c>AutoencoderKL</c> under the present names of its attention; the encoder gives mean and variance.</summary>
    public static IReadOnlyDictionary<string, string> Autoencoder(JsonElement config)
    {
        var layout = new CheckpointLayout();
        var widths = Numbers(config, "block_out_channels");
        var (layers, latents) = (Number(config, "layers_per_block"), Number(config, "latent_channels"));
        layout.Tower("encoder", "down_blocks", "downsamplers", widths, layers, Number(config, "in_channels"), 2 * latents, middleFirst: false);
        layout.Tower("decoder", "up_blocks", "upsamplers", [.. widths.Reverse()], layers + 1, latents, Number(config, "out_channels"), middleFirst: true);
        layout.Convolution("quant_conv", 2 * latents, 2 * latents, 1);
        layout.Convolution("post_quant_conv", latents, latents, 1);
        return layout._tensors;
    }

    /// <summary>A <c>CLIPTextModel</c>, with a projection behind it in a <c>CLIPTextModelWithProjection</c>.</summary>
    public static IReadOnlyDictionary<string, string> TextEncoder(JsonElement config)
    {
        var layout = new CheckpointLayout();
        var (width, hidden) = (Number(config, "hidden_size"), Number(config, "intermediate_size"));
        layout.Add("text_model.embeddings.token_embedding.weight", Number(config, "vocab_size"), width);
        layout.Add("text_model.embeddings.position_embedding.weight", Number(config, "max_position_embeddings"), width);
        for (var i = 0; i < Number(config, "num_hidden_layers"); i++)
        {
            var layer = $"text_model.encoder.layers.{i}";
            foreach (var name in new[] { "q_proj", "k_proj", "v_proj", "out_proj" })
            {
                layout.Linear($"{layer}.self_attn.{name}", width, width);
            }

            layout.Norm($"{layer}.layer_norm1", width);
            layout.Linear($"{layer}.mlp.fc1", width, hidden);
            layout.Linear($"{layer}.mlp.fc2", hidden, width);
            layout.Norm($"{layer}.layer_norm2", width);
        }

        layout.Norm("text_model.final_layer_norm", width);
        if (config.TryGetProperty("architectures", out var names) && names[0].GetString() == "CLIPTextModelWithProjection")
        {
            layout.Add("text_projection.weight", Number(config, "projection_dim"), width);
        }

        return layout._tensors;
    }

    private static int Number(JsonElement config, string name) => config.GetProperty(name).GetInt32();

    private static int[] Numbers(JsonElement config, string name) => [.. config.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    private static string[] Texts(JsonElement config, string name) => [.. config.GetProperty(name).EnumerateArray().Select(v => v.GetString()!)];

    // The blocks of a transformer on the way down; the way up has them in reverse, the middle those of the last level.
    private static int[] Depths(JsonElement config, int levels) =>
        config.TryGetProperty("transformer_layers_per_block", out _) ? Numbers(config, "transformer_layers_per_block") : [.. Enumerable.Repeat(1, levels)];

    private void Tower(string tower, string blocks, string samplers, int[] widths, int layers, int inputs, int outputs, bool middleFirst)
    {
        var width = widths[0];
        Convolution($"{tower}.conv_in", inputs, width, 3);
        for (var b = 0; b < widths.Length; b++)
        {
            for (var i = 0; i < layers; i++)
            {
                Resnet($"{tower}.{blocks}.{b}.resnets.{i}", width, width = widths[b], null);
            }

            if (b + 1 < widths.Length)
            {
                Convolution($"{tower}.{blocks}.{b}.{samplers}.0.conv", width, width, 3);
            }
        }

        var middle = middleFirst ? widths[0] : width;
        Resnet($"{tower}.mid_block.resnets.0", middle, middle, null);
        Norm($"{tower}.mid_block.attentions.0.group_norm", middle);
        foreach (var name in new[] { "to_q", "to_k", "to_v", "to_out.0" })
        {
            Linear($"{tower}.mid_block.attentions.0.{name}", middle, middle);
        }

        Resnet($"{tower}.mid_block.resnets.1", middle, middle, null);
        Norm($"{tower}.conv_norm_out", width);
        Convolution($"{tower}.conv_out", width, outputs, 3);
    }

    private void Resnet(string name, int inputs, int outputs, int? time)
    {
        Norm($"{name}.norm1", inputs);
        Convolution($"{name}.conv1", inputs, outputs, 3);
        if (time is { } width)
        {
            Linear($"{name}.time_emb_proj", width, outputs);
        }

        Norm($"{name}.norm2", outputs);
        Convolution($"{name}.conv2", outputs, outputs, 3);
        if (inputs != outputs)
        {
            Convolution($"{name}.conv_shortcut", inputs, outputs, 1);
        }
    }

    private void Transformer(string kind, string name, int width, int context, bool linear, int depth)
    {
        if (!kind.StartsWith("CrossAttn", StringComparison.Ordinal))
        {
            return;
        }

        Norm($"{name}.norm", width);
        foreach (var projection in new[] { "proj_in", "proj_out" })
        {
            if (linear)
            {
                Linear($"{name}.{projection}", width, width);
            }
            else
            {
                Convolution($"{name}.{projection}", width, width, 1);
            }
        }

        for (var i = 0; i < depth; i++)
        {
            TransformerBlock($"{name}.transformer_blocks.{i}", width, context);
        }
    }

    private void TransformerBlock(string block, int width, int context)
    {
        foreach (var (attention, source) in new[] { ("attn1", width), ("attn2", context) })
        {
            Add($"{block}.{attention}.to_q.weight", width, width);
            Add($"{block}.{attention}.to_k.weight", width, source);
            Add($"{block}.{attention}.to_v.weight", width, source);
            Linear($"{block}.{attention}.to_out.0", width, width);
        }

        for (var i = 1; i <= 3; i++)
        {
            Norm($"{block}.norm{i}", width);
        }

        // A gated activation: values and gates come from one layer.
        Linear($"{block}.ff.net.0.proj", width, 2 * 4 * width);
        Linear($"{block}.ff.net.2", 4 * width, width);
    }

    private void Norm(string name, int width)
    {
        Add($"{name}.weight", width);
        Add($"{name}.bias", width);
    }

    private void Linear(string name, int inputs, int outputs)
    {
        Add($"{name}.weight", outputs, inputs);
        Add($"{name}.bias", outputs);
    }

    private void Convolution(string name, int inputs, int outputs, int kernel)
    {
        Add($"{name}.weight", outputs, inputs, kernel, kernel);
        Add($"{name}.bias", outputs);
    }

    private void Add(string name, params int[] shape) => _tensors.Add(name, string.Join('×', shape));
}
