using System.Text.Json;
using System.Text.Json.Serialization;

namespace KrakenDb.Kraken;

/// <summary>How an import of one file stands after a commit; kept in <see cref="ImportCursor.State"/>.</summary>
internal sealed record ImportState
{
    public long Line { get; init; }

    public long Rows { get; init; }

    public long Rejected { get; init; }

    public long Rounded { get; init; }

    /// <summary>Conflicts of all commits but the last, whose answer was not known when it was written.</summary>
    public long Conflicting { get; init; }

    /// <summary>Candles written or found.</summary>
    public long CandleCount { get; init; }

    /// <summary>How long the file of rejected rows was.</summary>
    public long RejectedLength { get; init; }

    public CandleState? Candles { get; init; }

    public TradeState? Trades { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, ImportStateJson.Default.ImportState);

    /// <summary>Null for what another version wrote: the import then starts again, which changes no row.</summary>
    public static ImportState? FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ImportStateJson.Default.ImportState);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>See <see cref="OhlcvtCoverage"/>.</summary>
internal sealed record CandleState(long? FirstOpen, long LastOpen, long? HoleFrom, IReadOnlyList<long[]> Holes);

/// <summary>See <see cref="TradeCoverage"/>.</summary>
internal sealed record TradeState(
    int Layout,
    long? FirstTime,
    long LastTime,
    long LastSeen,
    long LastId,
    long ExpectedId,
    long LastIdBefore,
    long RejectedSince,
    PieceState Minutes,
    PieceState Ids);

/// <summary>See <see cref="UnbrokenPiece"/>.</summary>
internal sealed record PieceState(long? Start, long? FirstId, bool IsContinued);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ImportState))]
internal sealed partial class ImportStateJson : JsonSerializerContext;
