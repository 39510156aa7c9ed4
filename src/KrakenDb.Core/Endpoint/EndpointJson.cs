using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KrakenDb;

/// <summary>The documents that both ends of an endpoint exchange.</summary>
[JsonSerializable(typeof(EndpointError))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(CommandLine))]
[JsonSerializable(typeof(OwnerDescription))]
internal sealed partial class EndpointJson : JsonSerializerContext
{
    /// <summary>Read by people, too, and never put into HTML: quotes and dashes stay what they are.</summary>
    public static EndpointJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <summary>Who answers.</summary>
/// <param name="ProcessId">The owner's.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Location">The file or the server, without a password.</param>
internal sealed record OwnerDescription(int ProcessId, string Version, string Location);
