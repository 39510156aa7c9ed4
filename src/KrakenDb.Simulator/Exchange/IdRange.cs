namespace KrakenDb.Simulator;

/// <summary>Trade ids from the first to the last, both included.</summary>
internal readonly record struct IdRange(long First, long Last)
{
    public bool Contains(long id) => id >= First && id <= Last;
}
