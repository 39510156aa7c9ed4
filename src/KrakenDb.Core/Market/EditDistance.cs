namespace KrakenDb;

/// <summary>How many single-character changes (insert, delete, replace, swap of neighbours) lie between two names.</summary>
internal static class EditDistance
{
    public static int Between(string left, string right)
    {
        Span<int> beforeLast = stackalloc int[right.Length + 1];
        Span<int> last = stackalloc int[right.Length + 1];
        Span<int> current = stackalloc int[right.Length + 1];
        for (var column = 0; column <= right.Length; column++)
        {
            current[column] = column;
        }

        for (var row = 1; row <= left.Length; row++)
        {
            var oldest = beforeLast;
            beforeLast = last;
            last = current;
            current = oldest;
            current[0] = row;
            for (var column = 1; column <= right.Length; column++)
            {
                var replaced = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
                var best = Math.Min(Math.Min(last[column] + 1, current[column - 1] + 1), replaced);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                {
                    best = Math.Min(best, beforeLast[column - 2] + 1);
                }

                current[column] = best;
            }
        }

        return current[right.Length];
    }
}
