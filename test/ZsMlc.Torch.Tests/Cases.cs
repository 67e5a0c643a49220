namespace ZsMlc.Torch.Tests;

/// <summary>Files as other programs wrote them, and files made to break a reader, beside the tests.</summary>
internal static class Cases
{
    public static string PathOf(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Cases", .. parts]);
}
