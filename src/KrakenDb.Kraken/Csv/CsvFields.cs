using System.Text;

namespace KrakenDb.Kraken;

/// <summary>The fields of one line, for the lines that the fast parsers leave: blanks and quotation marks around a field are taken off.</summary>
internal readonly ref struct CsvFields
{
    /// <summary>More are counted and not kept: no layout has so many.</summary>
    private const int KeptMax = 8;

    private readonly ReadOnlySpan<byte> _line;
    private readonly FieldRanges _ranges;

    /// <param name="line">Without its line feed; a carriage return at the end is left out.</param>
    public CsvFields(ReadOnlySpan<byte> line)
    {
        _line = line.TrimEnd((byte)'\r');
        var ranges = default(FieldRanges);
        var start = 0;
        while (true)
        {
            var comma = _line[start..].IndexOf((byte)',');
            if (Count < KeptMax)
            {
                ranges[Count] = comma < 0 ? start.._line.Length : start..(start + comma);
            }

            Count++;
            if (comma < 0)
            {
                break;
            }

            start += comma + 1;
        }

        _ranges = ranges;
    }

    public int Count { get; }

    public bool IsBlank => _line.Trim(" \t"u8).IsEmpty;

    public ReadOnlySpan<byte> Line => _line;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var text = _line[_ranges[index]].Trim(" \t"u8);
            return text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1].Trim(" \t"u8) : text;
        }
    }

    /// <summary>Whether every field is a word: column names, whatever their spelling.</summary>
    public bool IsHeader
    {
        get
        {
            for (var index = 0; index < Math.Min(Count, KeptMax); index++)
            {
                var name = this[index];
                if (name.IsEmpty || !char.IsAsciiLetter((char)name[0]) || name.ContainsAny((byte)'.', (byte)'+'))
                {
                    return false;
                }
            }

            return Count >= 3;
        }
    }

    /// <summary>The field as text for a message, shortened.</summary>
    public string Text(int index)
    {
        var text = Encoding.UTF8.GetString(this[index]);
        return text.Length > 40 ? text[..40] + "…" : text;
    }

    [System.Runtime.CompilerServices.InlineArray(KeptMax)]
    private struct FieldRanges
    {
        private Range _first;
    }
}
