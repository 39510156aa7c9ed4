namespace KrakenDb;

/// <summary>What a live feed has seen since it was made; every count only grows, but for <see cref="OpenConnections"/>.</summary>
public sealed record LiveFeedStatistics
{
    /// <summary>Connections that are open now.</summary>
    public required int OpenConnections { get; init; }

    /// <summary>Messages of every kind, heartbeats and unusable ones too.</summary>
    public required long Frames { get; init; }

    /// <summary>Bytes of these messages, without the protocol's own.</summary>
    public required long Bytes { get; init; }

    /// <summary>Trades handed on, those of snapshots and repeated ones too.</summary>
    public required long Trades { get; init; }

    /// <summary>States of candles handed on.</summary>
    public required long Candles { get; init; }

    public required long Tickers { get; init; }

    public required long BookFrames { get; init; }

    /// <summary>Trades, candles, tickers and markets that cannot be: a price or quantity not above 0, an id not above 0, a time before 2011 or over a minute ahead, a field missing.</summary>
    public required long Rejected { get; init; }

    /// <summary>Messages that are no JSON, or JSON of another form; nothing of them was used.</summary>
    public required long Malformed { get; init; }

    /// <summary>Numbers with digits behind the tenth decimal, which were rounded half away from zero.</summary>
    public required long Rounded { get; init; }

    public required long UnknownChannels { get; init; }

    public required long UnknownFields { get; init; }

    /// <summary>Data of symbols that were not asked for; ignored.</summary>
    public required long Unasked { get; init; }

    /// <summary>Connections that were made.</summary>
    public required long Connects { get; init; }

    /// <summary>Connections that were made again after one was lost.</summary>
    public required long Reconnects { get; init; }

    /// <summary>Attempts to connect that failed.</summary>
    public required long FailedConnects { get; init; }

    /// <summary>Subscriptions that the exchange refused.</summary>
    public required long Refused { get; init; }

    /// <summary>Subscriptions that were not answered in time; each was asked for again.</summary>
    public required long Unanswered { get; init; }

    /// <summary>Channels of a symbol that went silent while others of their connection went on.</summary>
    public required long Silences { get; init; }

    /// <summary>When the newest message came, UTC; null where none has.</summary>
    public required DateTimeOffset? LastFrame { get; init; }
}
