using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>One string per name, however often it comes: looked up by the bytes of the wire.</summary>
internal sealed class NameTable
{
    private const int LengthMax = 64;
    private const int CountMax = 65_536;

    private readonly Dictionary<string, string> _names;
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<byte>> _byBytes;

    public NameTable()
    {
        _names = new Dictionary<string, string>(new ByteComparer());
        _byBytes = _names.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Makes this very object the name's.</summary>
    public void Add(string name) => _names.TryAdd(name, name);

    /// <summary>The string on which the reader stands; null where it stands on none, or on one that is longer than any name.</summary>
    /// <exception cref="InvalidOperationException">Not UTF-8.</exception>
    public string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length is 0 or > LengthMax)
        {
            return null;
        }

        var bytes = reader.ValueSpan;
        if (!reader.ValueIsEscaped && _byBytes.TryGetValue(bytes, out var known))
        {
            return known;
        }

        var name = reader.GetString()!;
        if (_names.TryGetValue(name, out known))
        {
            return known;
        }

        if (Ascii.IsValid(name) && _names.Count < CountMax)
        {
            _names.Add(name, name);
        }

        return name;
    }

    // Only ASCII names are kept, so that characters and bytes are the same.
    private sealed class ByteComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
    {
        private const uint Prime = 16_777_619;
        private const uint Offset = 2_166_136_261;

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode([DisallowNull] string obj)
        {
            unchecked
            {
                var hash = Offset;
                foreach (var character in obj)
                {
                    hash = (hash ^ character) * Prime;
                }

                return (int)hash;
            }
        }

        public bool Equals(ReadOnlySpan<byte> alternate, string other) => Ascii.Equals(alternate, other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            unchecked
            {
                var hash = Offset;
                foreach (var character in alternate)
                {
                    hash = (hash ^ character) * Prime;
                }

                return (int)hash;
            }
        }

        public string Create(ReadOnlySpan<byte> alternate) => Encoding.ASCII.GetString(alternate);
    }
}
