namespace ZsMlc.MLNet.Models;

/// <summary>Damages the bytes of a file as disks, cables and people do. The same number gives the same damage.</summary>
internal static class ModelDamage
{
    public static byte[] Of(byte[] whole, int number)
    {
        var random = new Random(number);
        var bytes = whole.ToArray();
        switch (number % 6)
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 2:
                return bytes[..random.Next(bytes.Length)];
            case 3:
                // Two pieces change places.
                var length = random.Next(1, 200);
                var (a, b) = (random.Next(bytes.Length - length), random.Next(bytes.Length - length));
                whole.AsSpan(a, length).CopyTo(bytes.AsSpan(b));
                whole.AsSpan(b, length).CopyTo(bytes.AsSpan(a));
                return bytes;
            case 4:
                // The directory at the end is where names, sizes and checksums are.
                bytes[^random.Next(1, Math.Min(1500, bytes.Length))] ^= (byte)(1 << random.Next(8));
                return bytes;
            default:
                bytes.AsSpan(random.Next(bytes.Length - 512), random.Next(1, 512)).Clear();
                return bytes;
        }
    }
}
