namespace KrakenDb.Simulator;

/// <summary>CRC-32 as in zlib (polynomial 0xEDB88320, reflected). The exchange's own, so that no mistake is shared with what checks it.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        unchecked
        {
            var crc = uint.MaxValue;
            foreach (var value in bytes)
                crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
            return ~crc;
        }
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            table[i] = crc;
        }

        return table;
    }
}
