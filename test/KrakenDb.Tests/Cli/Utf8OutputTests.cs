using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class Utf8OutputTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0.00", "0")]
    [InlineData("42000.10", "42000.1")]
    [InlineData("100", "100")]
    [InlineData("0.0000000001", "0.0000000001")]
    [InlineData("-0.50", "-0.5")]
    [InlineData("99999999.9999999999", "99999999.9999999999")]
    [InlineData("999999999999999999.9999999999", "999999999999999999.9999999999")]
    [InlineData("123456789012345678.1200000000", "123456789012345678.12")]
    public void A_number_has_its_digits_and_no_trailing_zeros(string value, string expected) =>
        Written(output => output.Number(decimal.Parse(value, CultureInfo.InvariantCulture))).ShouldBe(expected);

    [Fact]
    public void Every_number_reads_back_as_itself() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<long>().ToArbitrary(), Gen.Choose(0, 10).ToArbitrary(), (digits, scale) =>
        {
            var value = digits / (decimal)Math.Pow(10, scale);
            var text = Written(output => output.Number(value));
            return decimal.Parse(text, CultureInfo.InvariantCulture) == value && (!text.Contains('.') || !text.EndsWith('0'));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("2024-01-31T00:00:00Z", "2024-01-31T00:00:00Z")]
    [InlineData("2024-01-31T23:59:59+01:00", "2024-01-31T22:59:59Z")]
    [InlineData("2024-01-31T12:00:00.000123Z", "2024-01-31T12:00:00.000123Z")]
    [InlineData("1969-12-31T23:59:00Z", "1969-12-31T23:59:00Z")]
    public void A_time_is_RFC_3339_in_UTC(string time, string expected) =>
        Written(output => output.Time(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture))).ShouldBe(expected);

    [Fact]
    public void Text_of_any_length_passes_the_buffer_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(index => index % 7 == 0 ? "├é" : index.ToString(CultureInfo.InvariantCulture)));

        Written(output =>
        {
            output.Text(text);
            output.Bytes(Encoding.UTF8.GetBytes(text));
            output.Integer(-1);
        }).ShouldBe(text + text + "-1");
    }

    private static string Written(Action<Utf8Output> write)
    {
        using var stream = new MemoryStream();
        var output = new Utf8Output(stream);
        write(output);
        output.Flush();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
