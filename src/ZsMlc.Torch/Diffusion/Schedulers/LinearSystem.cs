namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Solves the small systems of multistep methods by Gaussian elimination with pivots.</summary>
internal static class LinearSystem
{
    /// <summary>Solves A·x = b.</summary>
    /// <param name="rows">The n rows of A, each with its element of b behind it. They are overwritten.</param>
    public static double[] Solve(double[][] rows)
    {
        var n = rows.Length;
        for (var i = 0; i < n; i++)
        {
            var pivot = Enumerable.Range(i, n - i).MaxBy(r => Math.Abs(rows[r][i]));
            (rows[i], rows[pivot]) = (rows[pivot], rows[i]);
            foreach (var row in rows.Where((_, r) => r != i))
            {
                var factor = row[i] / rows[i][i];
                for (var k = i; k <= n; k++)
                {
                    row[k] -= factor * rows[i][k];
                }
            }
        }

        return [.. rows.Select((row, i) => row[n] / row[i])];
    }
}
