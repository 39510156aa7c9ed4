using System.Text.Json.Serialization;

namespace KrakenDb.DuckDb;

/// <summary>What stands in <c>&lt;file&gt;.owner</c>.</summary>
/// <param name="Pid">The owner's process id.</param>
/// <param name="Endpoint">Where the owner answers; null while it does not.</param>
/// <param name="Nonce">Tells two owners apart that started at once.</param>
internal sealed record OwnerRecord(int Pid, string? Endpoint, Guid Nonce)
{
    /// <summary>Null also where what stands there is no address.</summary>
    [JsonIgnore]
    public Uri? EndpointAddress => Uri.TryCreate(Endpoint, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttp ? address : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OwnerRecord))]
internal sealed partial class OwnerRecordContext : JsonSerializerContext;
