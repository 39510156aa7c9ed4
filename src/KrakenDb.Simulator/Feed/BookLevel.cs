namespace KrakenDb.Simulator;

/// <summary>One price of a book.</summary>
/// <param name="Ticks">The price in units of its last decimal.</param>
/// <param name="Lots">The quantity in units of its last decimal.</param>
/// <param name="UnixNanoseconds">When it changed last.</param>
internal readonly record struct BookLevel(long Ticks, long Lots, long UnixNanoseconds);
