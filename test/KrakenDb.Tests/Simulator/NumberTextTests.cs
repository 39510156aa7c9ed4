using System.Globalization;
using System.Text;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData("122", "122.0")]
    [InlineData("123.61", "123.61")]
    [InlineData("0.00001234", "0.00001234")]
    [InlineData("0.0000000001", "0.0000000001")]
    [InlineData("99999999.9999999999", "99999999.9999999999")]
    public void Prices_have_a_dot_and_no_needless_zeros(string price, string text) =>
        Written(buffer => NumberText.Price(buffer, (long)Scaled(price))).ShouldBe(text);

    [Theory]
    [InlineData("0.1", "0.1")]
    [InlineData("2", "2")]
    [InlineData("37", "37")]
    [InlineData("10", "1E+1")]
    [InlineData("550", "5.5E+2")]
    [InlineData("1000", "1E+3")]
    [InlineData("1230", "1.23E+3")]
    [InlineData("10050", "1.005E+4")]
    [InlineData("10.5", "10.5")]
    [InlineData("0.00000001", "0.00000001")]
    [InlineData("123456789012345.25", "123456789012345.25")]
    public void Volumes_are_integers_or_scientific_where_they_can_be(string volume, string text) =>
        Written(buffer => NumberText.Volume(buffer, Scaled(volume))).ShouldBe(text);

    [Theory]
    [InlineData("192.13858802", 0, "192.13858802000001")]
    [InlineData("161.83259531", 5, "161.83259530999998")]
    [InlineData("4.07080078", 5, "4.0708007799999998")]
    [InlineData("99999.5", 0, "99999.500000000001")]
    [InlineData("0.5", 0, "0.5")]
    [InlineData("20", 0, "2E+1")]
    [InlineData("100000.5", 0, "100000.5")]
    public void Noise_has_seventeen_digits_and_rounds_away(string volume, int draw, string text)
    {
        var written = Written(buffer => NumberText.NoisyVolume(buffer, Scaled(volume), draw));

        written.ShouldBe(text);
        decimal.Round(decimal.Parse(written, NumberStyles.Float, CultureInfo.InvariantCulture), 10, MidpointRounding.AwayFromZero)
            .ShouldBe(decimal.Parse(volume, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("90.54", 6, "90.540000")]
    [InlineData("1.1044842", 8, "1.10448420")]
    [InlineData("42000.1", 1, "42000.1")]
    [InlineData("7", 0, "7")]
    public void Fixed_decimals_keep_their_zeros(string value, int decimals, string text) =>
        Written(buffer => NumberText.Fixed(buffer, Scaled(value), decimals)).ShouldBe(text);

    private static Int128 Scaled(string text) => (Int128)(decimal.Parse(text, CultureInfo.InvariantCulture) * Scale.One);

    private static string Written(Action<CsvBuffer> write)
    {
        var buffer = new CsvBuffer();
        write(buffer);
        return Encoding.ASCII.GetString(buffer.Written.Span);
    }
}
