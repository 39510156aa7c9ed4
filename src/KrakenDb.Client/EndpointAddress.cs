namespace KrakenDb.Client;

/// <summary>Where an owner answers, and what it wants to be shown.</summary>
/// <param name="Uri">Such as <c>http://127.0.0.1:40001/</c>.</param>
/// <param name="Token">Null where none was found: the owner will say so.</param>
/// <param name="ProcessId">The owner's; 0 where unknown.</param>
internal sealed record EndpointAddress(Uri Uri, string? Token, int ProcessId = 0)
{
    // Without the token.
    public override string ToString() => ProcessId == 0 ? $"the owner at {Uri}" : $"the owner at {Uri} (process {ProcessId})";
}
