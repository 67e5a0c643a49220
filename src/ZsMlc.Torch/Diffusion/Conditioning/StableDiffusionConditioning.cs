using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Conditioning;

/// <summary>Stable Diffusion 1.x and 2.x: the final states of one text encoder.</summary>
/// <param name="encoder">The text encoder.</param>
public sealed class StableDiffusionConditioning(PromptEncoder encoder) : TextConditioning(encoder)
{
    internal override string PipelineClass => "StableDiffusionPipeline";

    internal override int StatesWidth => Encoders[0].Network.Config.HiddenSize;

    internal override int? PooledWidth => null;

    internal override IReadOnlyDictionary<string, object> IndexSettings => new Dictionary<string, object> { ["requires_safety_checker"] = false, ["safety_checker"] = new string?[] { null, null } };

    // The reference holds files of this family with another offset, or with clipping, for outdated.
    internal override SchedulerConfig Corrected(SchedulerConfig scheduler) => scheduler with { StepsOffset = 1, ClipSample = false };

    internal override UnetConditioning EncodeIds(IReadOnlyList<Tensor> ids, ImageSizes sizes) => new(Encoders[0].Network.forward(ids[0]));
}
