using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace KrakenDb.Kraken;

/// <summary>CRC-32 of IEEE 802.3, as in zlib (reflected polynomial 0xEDB88320), eight bytes a step.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = CreateTable();

    [SkipLocalsInit]
    public static uint Compute(ReadOnlySpan<byte> data)
    {
        unchecked
        {
            var table = Table;
            var crc = 0xFFFF_FFFFu;
            while (data.Length >= 8)
            {
                var low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
                var high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
                crc = table[(7 * 256) + (byte)low] ^ table[(6 * 256) + (byte)(low >> 8)] ^ table[(5 * 256) + (byte)(low >> 16)] ^ table[(4 * 256) + (low >> 24)]
                    ^ table[(3 * 256) + (byte)high] ^ table[(2 * 256) + (byte)(high >> 8)] ^ table[256 + (byte)(high >> 16)] ^ table[high >> 24];
                data = data[8..];
            }

            foreach (var value in data)
            {
                crc = table[(byte)(crc ^ value)] ^ (crc >> 8);
            }

            return ~crc;
        }
    }

    private static uint[] CreateTable()
    {
        var table = new uint[8 * 256];
        for (var value = 0u; value < 256; value++)
        {
            var crc = value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1;
            }

            table[value] = crc;
        }

        for (var index = 256; index < table.Length; index++)
        {
            table[index] = table[table[index - 256] & 0xFF] ^ (table[index - 256] >> 8);
        }

        return table;
    }
}
