using System.Collections.Immutable;

namespace KrakenDb;

/// <summary>What is recorded of ids that were not shown, ascending and disjoint.</summary>
internal static class AbsentIdList
{
    /// <summary>The list after a write: a sighting takes the place of those it overlaps (one that is confirmed stays so), a stored trade ends the one it was in.</summary>
    public static ImmutableArray<AbsentTradeIds> After(ImmutableArray<AbsentTradeIds> list, IReadOnlyList<AbsentTradeIds> seen, ReadOnlySpan<long> storedIds)
    {
        if (seen.Count > 0)
        {
            list = [.. list.Where(old => !seen.Any(now => Overlap(old, now))).Concat(seen).OrderBy(absent => absent.FirstId)];
        }

        if (list.Length == 0 || storedIds.Length == 0)
        {
            return list;
        }

        var kept = list.ToBuilder();
        for (var index = kept.Count - 1; index >= 0; index--)
        {
            var at = storedIds.BinarySearch(kept[index].FirstId);
            at = at < 0 ? ~at : at;
            if (at < storedIds.Length && storedIds[at] <= kept[index].LastId)
            {
                kept.RemoveAt(index);
            }
        }

        return kept.Count == list.Length ? list : kept.ToImmutable();
    }

    private static bool Overlap(AbsentTradeIds left, AbsentTradeIds right) => left.FirstId <= right.LastId && right.FirstId <= left.LastId;
}
