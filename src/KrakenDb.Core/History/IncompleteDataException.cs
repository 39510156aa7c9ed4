namespace KrakenDb;

/// <summary>Thrown with <see cref="Holes.Fail"/> when the stored data do not cover what was asked for.</summary>
public sealed class IncompleteDataException(string message, IReadOnlyList<DataGap> gaps) : Exception(message)
{
    /// <summary>The uncovered ranges, ascending.</summary>
    public IReadOnlyList<DataGap> Gaps { get; } = gaps;
}
