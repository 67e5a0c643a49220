namespace ZsMlc.Torch.Clip;

/// <summary>How a CLIP model is laid out in a folder. All layouts are read.</summary>
public enum ClipFolderLayout
{
    /// <summary>open_clip: <c>open_clip_config.json</c> and <c>open_clip_model.safetensors</c> with OpenAI's tensor names.</summary>
    OpenClip,

    /// <summary>Hugging Face: <c>config.json</c>, <c>preprocessor_config.json</c> and <c>model.safetensors</c>; vision transformers only.</summary>
    HuggingFace,
}
