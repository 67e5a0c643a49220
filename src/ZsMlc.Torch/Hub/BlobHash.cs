using System.Security.Cryptography;
using System.Text;

namespace ZsMlc.Torch.Hub;

/// <summary>The two hashes by which the hub names files: SHA-256, and the SHA-1 of a Git blob, which begins with its length.</summary>
internal static class BlobHash
{
    private const int Sha256Digits = 64, Sha1Digits = 40;

    public static bool IsKnown(string hash) => hash.Length is Sha256Digits or Sha1Digits && hash.All(char.IsAsciiHexDigitLower);

    /// <summary>Hashes a file in the way that <paramref name="expected"/> was.</summary>
    /// <returns>Lower-case hexadecimal digits.</returns>
    public static async Task<string> OfAsync(string path, string expected, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, useAsync: true);
        using var hash = IncrementalHash.CreateHash(expected.Length == Sha256Digits ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (expected.Length == Sha1Digits)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {file.Length}\0"));
        }

        var buffer = new byte[1 << 20];
        while (await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
