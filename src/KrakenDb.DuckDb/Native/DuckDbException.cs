using System.Runtime.InteropServices;

namespace KrakenDb.DuckDb.Native;

/// <summary>DuckDB refused or failed a call. The message is DuckDB's own text.</summary>
internal sealed class DuckDbException(DuckDbErrorType errorType, string message) : Exception(message)
{
    public DuckDbErrorType ErrorType { get; } = errorType;

    /// <summary>The statement was stopped by <see cref="DuckDbConnection.Interrupt"/>; nothing is wrong with it.</summary>
    public bool IsInterrupt => ErrorType == DuckDbErrorType.Interrupt;

    /// <summary>The database answers nothing more until it is closed and opened again.</summary>
    public bool IsFatal => ErrorType is DuckDbErrorType.Fatal or DuckDbErrorType.Internal;

    /// <summary>DuckDB's error types come with results; where it gives a text alone, the text starts with the type.</summary>
    internal static DuckDbException FromMessage(nint message, string otherwise)
    {
        var text = Marshal.PtrToStringUTF8(message) is { Length: > 0 } given ? given : otherwise;
        var type = DuckDbErrorType.Invalid;
        foreach (var (prefix, meaning) in Prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
            {
                type = meaning;
                break;
            }
        }

        return new DuckDbException(type, text);
    }

    private static readonly (string Prefix, DuckDbErrorType Meaning)[] Prefixes =
    [
        ("IO Error", DuckDbErrorType.IO),
        ("Catalog Error", DuckDbErrorType.Catalog),
        ("Parser Error", DuckDbErrorType.Parser),
        ("Binder Error", DuckDbErrorType.Binder),
        ("Invalid Input Error", DuckDbErrorType.InvalidInput),
        ("Invalid Configuration Error", DuckDbErrorType.InvalidConfiguration),
        ("Serialization Error", DuckDbErrorType.Serialization),
        ("Permission Error", DuckDbErrorType.Permission),
        ("Out of Memory Error", DuckDbErrorType.OutOfMemory),
        ("INTERRUPT Error", DuckDbErrorType.Interrupt),
        ("TransactionContext Error", DuckDbErrorType.Transaction),
        ("Connection Error", DuckDbErrorType.Connection),
        ("FATAL Error", DuckDbErrorType.Fatal),
        ("INTERNAL Error", DuckDbErrorType.Internal),
    ];
}
