using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Tests;

public sealed class HoconUnitsTests
{
    [Theory]
    [InlineData("5", 5)]
    [InlineData("5 ms", 5)]
    [InlineData("5ms", 5)]
    [InlineData("  5   milliseconds  ", 5)]
    [InlineData("1.5 s", 1500)]
    [InlineData("0.25 minutes", 15_000)]
    [InlineData("2 m", 120_000)]
    [InlineData("1 hour", 3_600_000)]
    [InlineData("1 d", 86_400_000)]
    [InlineData("1 day", 86_400_000)]
    [InlineData("3 nanos", 0)]
    [InlineData("3000000 ns", 3)]
    [InlineData("4000 us", 4)]
    [InlineData("-2 seconds", -2000)]
    [InlineData("1e3 ms", 1000)]
    public void Duration_IsRead_WithEachUnit(string text, double milliseconds)
    {
        Assert.True(HoconUnits.TryReadDuration(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("100 dollars")]
    [InlineData("1 00 seconds")]
    [InlineData("5 S")]
    [InlineData("1.2.3 s")]
    [InlineData("99999999999999999999 d")]
    [InlineData("NaN s")]
    public void Duration_IsRefused_WhenItIsNone(string text) => Assert.False(HoconUnits.TryReadDuration(text, out _));

    [Theory]
    [InlineData("7", 7)]
    [InlineData("7 B", 7)]
    [InlineData("7 bytes", 7)]
    [InlineData("2 kB", 2000)]
    [InlineData("2 kilobytes", 2000)]
    [InlineData("2 K", 2048)]
    [InlineData("2k", 2048)]
    [InlineData("2 Ki", 2048)]
    [InlineData("512 KiB", 524_288)]
    [InlineData("1.5 MiB", 1_572_864)]
    [InlineData("1 MB", 1_000_000)]
    [InlineData("3 G", 3_221_225_472)]
    [InlineData("1 terabyte", 1_000_000_000_000)]
    [InlineData("1 pebibyte", 1_125_899_906_842_624)]
    [InlineData("7 EiB", 8_070_450_532_247_928_832)]
    public void Size_IsRead_WithEachUnit(string text, long expected)
    {
        Assert.True(HoconUnits.TryReadSize(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("8 EiB")]
    [InlineData("1 YB")]
    [InlineData("-1 B")]
    [InlineData("1 KB")]
    [InlineData("1 foo")]
    [InlineData("KiB")]
    public void Size_IsRefused_WhenItIsNoneOrTooLarge(string text) => Assert.False(HoconUnits.TryReadSize(text, out _));

    [Theory]
    [InlineData("on", true)]
    [InlineData("yes", true)]
    [InlineData("true", true)]
    [InlineData("off", false)]
    [InlineData("no", false)]
    [InlineData("false", false)]
    public void Boolean_IsRead_FromSixWords(string text, bool expected) =>
        Assert.Equal(expected, HoconDocument.Parse($"a = {text}").RootObject.Find("a")!.AsBoolean());

    [Fact]
    public void TypedReading_GivesValues_WhenTypesFit()
    {
        var root = HoconDocument.Parse("d = 5 s, off = off, s = 1 kB, i = 42, n = 0.5, l = [a, 1], p { 1 = y, 0 = x, other = z }").RootObject;
        Assert.Equal(TimeSpan.FromSeconds(5), root.Find("d")!.AsDuration());
        Assert.Equal(TimeSpan.FromSeconds(5), root.Find("d")!.AsOptionalDuration());
        Assert.Null(root.Find("off")!.AsOptionalDuration());
        Assert.Equal(1000, root.Find("s")!.AsSize());
        Assert.Equal(42, root.Find("i")!.AsInteger());
        Assert.Equal(0.5, root.Find("n")!.AsNumber());
        Assert.Equal(["a", "1"], root.Find("l")!.AsTextList());
        Assert.Equal(["x", "y"], root.Find("p")!.AsTextList());
        Assert.Null(root.Find("p.q.r"));
    }

    [Theory]
    [InlineData("a = maybe")]
    [InlineData("a = null")]
    [InlineData("a = [on]")]
    [InlineData("a { b = on }")]
    public void TypedReading_NamesThePosition_WhenTheTypeDoesNotFit(string text)
    {
        var value = HoconDocument.Parse(text).RootObject.Find("a")!;
        Assert.StartsWith("text:1:", Assert.Throws<HoconException>(() => value.AsBoolean()).Message, StringComparison.Ordinal);
    }
}
