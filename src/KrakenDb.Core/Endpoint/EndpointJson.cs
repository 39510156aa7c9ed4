using System.Text.Json.Serialization;

namespace KrakenDb;

/// <summary>The documents that both ends of an endpoint exchange.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EndpointError))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(CommandLine))]
[JsonSerializable(typeof(OwnerDescription))]
internal sealed partial class EndpointJson : JsonSerializerContext;

/// <summary>Who answers.</summary>
/// <param name="ProcessId">The owner's.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Location">The file or the server, without a password.</param>
internal sealed record OwnerDescription(int ProcessId, string Version, string Location);
