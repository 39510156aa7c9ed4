namespace KrakenDb;

/// <summary>Something that a database may have or lack.</summary>
/// <param name="Name"><c>compression</c>, <c>continuous aggregates</c>, …</param>
/// <param name="IsOn">Whether this store uses it.</param>
/// <param name="Note">How it is set; or why it is missing and what that means.</param>
public sealed record StoreFeature(string Name, bool IsOn, string Note);
