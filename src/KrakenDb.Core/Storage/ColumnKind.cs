namespace KrakenDb;

/// <summary>What a column's values are, whatever type an engine gives them.</summary>
internal enum ColumnKind
{
    Text,
    Uuid,
    Integer,
    Boolean,

    /// <summary>Microseconds since 1970 UTC.</summary>
    Time,

    /// <summary>Compared without trailing zeros.</summary>
    Decimal,

    /// <summary>Compared by meaning: a server keeps neither the order of names nor the spelling of numbers.</summary>
    Json,

    /// <summary>Texts without commas.</summary>
    TextList,

    /// <summary>As hexadecimal digits.</summary>
    Bytes,
}
