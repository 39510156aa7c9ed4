namespace KrakenDb;

/// <summary>A store's tables as rows of texts, for copying and comparing. Times, numbers and lists are spelled as <see cref="ColumnKind"/> says.</summary>
internal interface ITableStore
{
    /// <summary>The same for two openings of one store, different for any two stores; shows no password.</summary>
    Task<string> GetIdentityAsync(CancellationToken cancellationToken);

    /// <summary>The tables that the schema really has, with the columns that the database does not number itself.</summary>
    Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> GetTablesAsync(CancellationToken cancellationToken);

    /// <summary>At most <paramref name="limit"/> rows behind a key, in the order of the key.</summary>
    /// <param name="table">Present in the store.</param>
    /// <param name="after">Null: from the first row on.</param>
    /// <param name="limit">The answer is held in memory.</param>
    /// <param name="cancellationToken"></param>
    Task<IReadOnlyList<string?[]>> ReadRowsAsync(StoreTable table, string[]? after, int limit, CancellationToken cancellationToken);

    /// <summary>Writes rows and a cursor in one transaction.</summary>
    /// <param name="table">Present in the store.</param>
    /// <param name="rows">Unique in their key.</param>
    /// <param name="replaces">Whether a row takes the place of one with its key; else that one stays.</param>
    /// <param name="cursor">Null for none.</param>
    /// <param name="cancellationToken"></param>
    Task WriteRowsAsync(StoreTable table, IReadOnlyList<string?[]> rows, bool replaces, ImportCursor? cursor, CancellationToken cancellationToken);

    /// <summary>Removes every import cursor whose name begins so.</summary>
    Task DeleteCursorsAsync(string prefix, CancellationToken cancellationToken);
}
