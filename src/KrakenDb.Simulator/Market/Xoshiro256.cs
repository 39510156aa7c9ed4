using System.Numerics;

namespace KrakenDb.Simulator;

/// <summary>
/// xoshiro256** 1.0 (Blackman and Vigna, public domain), its state filled by splitmix64 as its authors recommend.
/// Integers only, so a seed gives the same sequence on every platform and every version of .NET; System.Random promises neither.
/// </summary>
internal struct Xoshiro256
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    public Xoshiro256(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    public ulong Next()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
            var shifted = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= shifted;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>A number at or above 0 and below <paramref name="bound"/>, by multiplication: the bias is below bound / 2^64.</summary>
    public long Below(long bound) => unchecked((long)Math.BigMul(Next(), (ulong)bound, out _));

    /// <summary>A hash of one number: what belongs to a minute can be drawn again without everything before it.</summary>
    public static ulong Mix(ulong value) => SplitMix(ref value);

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
