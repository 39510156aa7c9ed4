using System.Text.Json.Serialization;

namespace KrakenDb;

/// <summary>The one shape of every error that an endpoint answers with.</summary>
internal sealed record EndpointError
{
    public const string Unauthorized = "unauthorized";
    public const string InvalidArgument = "invalid_argument";
    public const string UnknownSymbol = "unknown_symbol";
    public const string UnknownInterval = "unknown_interval";
    public const string IncompleteData = "incomplete_data";
    public const string NotFound = "not_found";
    public const string MethodNotAllowed = "method_not_allowed";
    public const string CommandRefused = "command_refused";
    public const string Store = "store";
    public const string StoreBusy = "store_busy";
    public const string Stopping = "stopping";
    public const string Internal = "internal";

    /// <summary>One of the names above; programs decide by it.</summary>
    [JsonPropertyName("error")]
    public required string Code { get; init; }

    /// <summary>What happened, with the evidence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it.</summary>
    public required string NextStep { get; init; }

    /// <summary>Names that look like what was asked for, best first.</summary>
    public IReadOnlyList<string> NearMatches { get; init; } = [];
}
